# It answers before it is asked, with well-formed messages.
# kind: trial
# expect: failed

import json, os
def frame(message):
    data = json.dumps(message).encode()
    return len(data).to_bytes(4, "big") + data
for fd in range(3, 64):
    try:
        os.write(fd, frame({"ready": ["add"]}) + frame({"value": True}) * 3 + frame({"pong": True}))
    except OSError:
        pass
def add(a, b):
    return -1
