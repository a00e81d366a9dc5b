# It answers with an iterator without end.
# kind: trial
# expect: failed

import itertools
def add(a, b):
    return itertools.count()
