# It reads a file of another user of the machine that everyone may read.
# kind: program
# expect: passed
# says: held
# layers: files

try:
    secret = open(FACTS["canary"]).read()
    print(secret)
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
