# It answers a byte at a time and never ends.
# kind: trial
# expect: timeout
# limits: seconds=1

import os, time

def add(a, b):
    for fd in range(3, 32):
        try:
            os.write(fd, (1000).to_bytes(4, "big"))
        except OSError:
            continue
    while True:
        for fd in range(3, 32):
            try:
                os.write(fd, b" ")
            except OSError:
                continue
        time.sleep(0.05)
