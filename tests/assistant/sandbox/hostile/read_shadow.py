# It reads the password file.
# kind: program
# expect: passed
# says: held

try:
    open("/etc/shadow").read()
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
