# It raises what a failing test would raise, and SystemExit within.
# kind: trial
# expect: failed

class Fine(SystemExit, Exception):
    pass
def add(a, b):
    raise Fine(0)
