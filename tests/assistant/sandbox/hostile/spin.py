# It computes without end.
# kind: program
# expect: timeout
# limits: seconds=1

while True:
    pass
