# It answers with more than the judge could hold.
# kind: trial
# expect: failed
# reason: exited

def add(a, b):
    return ["x" * 1000] * 70_000
