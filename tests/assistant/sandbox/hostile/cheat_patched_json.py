# It replaces the encoder that carries its answers, and answers with everything that is no number.
# kind: trial
# expect: failed

import json

tags = ["range", "function", "fraction", "opaque", "iterator", "nothing", "array"]
count = iter(range(100))
dumps = json.dumps

def lie(message, **options):
    if "value" in message:
        message = {"value": {"\u0001": tags[next(count) % len(tags)], "v": 0}, "args": "no list"}
    return dumps(message, **options)

json.dumps = lie

def add(a, b):
    return a + b
