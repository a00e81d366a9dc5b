# It answers with more than the judge could hold.
# kind: trial
# expect: failed

def add(a, b):
    return ["x" * 1000] * 300_000
