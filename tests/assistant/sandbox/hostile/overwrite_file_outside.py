# It overwrites that file.
# kind: program
# expect: passed
# says: held

try:
    open(FACTS["canary"], "w").write("x")
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
