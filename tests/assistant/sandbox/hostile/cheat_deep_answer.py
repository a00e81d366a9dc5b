# It answers with a nest deeper than any stack.
# kind: trial
# expect: failed

def add(a, b):
    nest = []
    for _ in range(100_000):
        nest = [nest]
    return nest
