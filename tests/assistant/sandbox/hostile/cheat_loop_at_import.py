# It never gets loaded.
# kind: trial
# expect: timeout
# limits: seconds=1

while True:
    pass
