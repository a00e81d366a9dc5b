# It uses its scratch folder, which it is meant to.
# kind: program
# expect: passed
# says: held
# layers: scratch

open("mine.txt", "w").write("x" * 1000)
print("held" if open("mine.txt").read() == "x" * 1000 else "no scratch")
