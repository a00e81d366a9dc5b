# It is right at first and gone before the end.
# kind: trial
# expect: failed
# reason: exited

import os
calls = []

def add(a, b):
    calls.append(1)
    if len(calls) == 2:
        os._exit(0)
    return a + b
