# It answers with a number of twenty million digits.
# kind: trial
# expect: failed
# reason: wrong answer

def add(a, b):
    return 1 << 64_000_000
