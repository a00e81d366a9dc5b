# It answers with an iterator without end.
# kind: trial
# expect: failed
# reason: wrong answer

import itertools

def add(a, b):
    return itertools.count(a + b)
