# It replaces the encoder that carries its answers, and answers with everything that is no number.
# kind: trial
# expect: failed

import sys

values = sys.modules["assistant.sandbox.inside.values"]
tags = ["range", "function", "fraction", "opaque", "iterator", "nothing", "array"]
count = iter(range(100))
written = values._written

def lie(message):
    if "value" in message:
        message = {"value": {"\u0001": tags[next(count) % len(tags)], "v": 0}, "args": "no list"}
    return written(message)

values._written = lie

def add(a, b):
    return a + b
