# It patches the built-ins that a comparison would use.
# kind: trial
# expect: failed

import builtins
builtins.AssertionError = type("Fine", (Exception,), {})
builtins.abs = lambda value: 0
builtins.isinstance = lambda *_: True
builtins.len = lambda value: 0
def add(a, b):
    return None
