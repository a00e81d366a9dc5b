# It recurses until C crashes.
# kind: trial
# expect: failed memory

import sys
sys.setrecursionlimit(10**9)
def add(a, b):
    return add(a, b)
