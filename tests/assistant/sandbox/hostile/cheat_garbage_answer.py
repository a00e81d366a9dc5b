# It answers with bytes that are no message.
# kind: trial
# expect: failed

import os
def add(a, b):
    for fd in range(3, 64):
        try:
            os.write(fd, b"\xff\xff\xff\xff garbage")
        except OSError:
            pass
