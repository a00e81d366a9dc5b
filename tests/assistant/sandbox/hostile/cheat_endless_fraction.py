# Its answer takes the tests longer to read than to compute.
# kind: trial
# expect: failed timeout
# limits: seconds=1

import sys

values = sys.modules["assistant.sandbox.inside.values"]
written = values._written
values._written = lambda message: written(
    {"value": {"\u0001": "fraction", "v": ["1e999999999"]}} if "value" in message else message
)

def add(a, b):
    return a + b
