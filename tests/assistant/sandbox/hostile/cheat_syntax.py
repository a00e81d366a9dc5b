# It is no Python.
# kind: trial
# expect: failed
# reason: syntax

def add(a, b:
    return 3
