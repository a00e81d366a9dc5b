# It answers with a generator that would be right.
# kind: trial
# expect: failed
# reason: wrong answer

def add(a, b):
    yield a + b
