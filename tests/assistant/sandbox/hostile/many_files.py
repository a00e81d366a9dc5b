# It makes files without end, each empty.
# kind: program
# expect: passed failed/disk
# says: held
# limits: disk=16777216 seconds=20

made = 0
try:
    for number in range(60000):
        open(f"n{number}", "w").close()
        made += 1
except OSError as error:
    print("held", made, error)
else:
    print("ESCAPED", made)
