# It fills its scratch folder file by file, faster than anyone can look: what counts is that it does not get far.
# kind: program
# expect: passed failed/disk
# says: held
# limits: disk=16777216

written = 0
try:
    for number in range(256):
        with open(f"f{number}", "wb") as stream:
            for _ in range(16):
                written += stream.write(bytes(1 << 20))
except OSError as error:
    print("held", written, error)
else:
    print("ESCAPED", written)
