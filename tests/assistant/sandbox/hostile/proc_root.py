# It goes round by the root folder of the first process.
# kind: program
# expect: passed
# says: held

try:
    open("/proc/1/root" + FACTS["canary"]).read()
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
