# It takes all the memory that it may.
# kind: trial
# expect: failed

def add(a, b):
    return len(bytearray(8 << 30))
