# It never answers.
# kind: trial
# expect: timeout
# limits: seconds=1

def add(a, b):
    while True:
        pass
