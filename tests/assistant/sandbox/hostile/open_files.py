# It opens files without end.
# kind: program
# expect: passed
# says: held
# limits: open_files=64
# layers: limits

held = []
try:
    for _ in range(2000):
        held.append(open("/dev/null"))
except OSError as error:
    print("held", len(held), error)
else:
    print("ESCAPED")
