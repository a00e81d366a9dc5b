# It writes a verdict to every descriptor it has.
# kind: trial
# expect: failed

import os
for fd in range(3, 256):
    for text in (b'{"state": "passed", "reason": "", "detail": ""}', b"passed"):
        try:
            os.write(fd, text)
        except OSError:
            pass
def add(a, b):
    return -1
