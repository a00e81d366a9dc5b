# It answers with not-a-number.
# kind: trial
# expect: failed

def add(a, b):
    return float("nan")
