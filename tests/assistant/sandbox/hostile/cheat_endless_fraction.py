# Its answer takes the tests longer to read than to compute.
# kind: trial
# expect: failed timeout
# limits: seconds=1

import json

dumps = json.dumps
json.dumps = lambda message, **options: dumps(
    {"value": {"\u0001": "fraction", "v": ["1e999999999"]}} if "value" in message else message, **options
)

def add(a, b):
    return a + b
