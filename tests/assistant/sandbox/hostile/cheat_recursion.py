# It recurses until C crashes.
# kind: trial
# expect: failed memory
# limits: memory=100663296

import sys
sys.setrecursionlimit(10**9)
def add(a, b):
    return add(a, b)
