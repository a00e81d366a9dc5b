# It writes beside that file.
# kind: program
# expect: passed
# says: held
# layers: files

try:
    open(FACTS["canary"] + ".written", "w").write("x")
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
