# It looks for the expected value in the frames above it.
# kind: trial
# expect: failed

import sys
def add(a, b):
    frame = sys._getframe()
    while frame is not None:
        for value in list(frame.f_locals.values()) + list(frame.f_globals.values()):
            if type(value) is int and value not in (a, b):
                return value
        frame = frame.f_back
    return -1
