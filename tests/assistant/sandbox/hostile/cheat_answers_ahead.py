# It answers the last question before it is asked, that it is still there, and is gone.
# kind: trial
# expect: failed

import os, stat
calls = []
def add(a, b):
    calls.append(1)
    if len(calls) == 3:
        for data in (b'{"value": 4}', b'{"pong": true}'):
            for fd in range(3, 64):
                try:
                    if stat.S_ISSOCK(os.fstat(fd).st_mode):
                        os.write(fd, len(data).to_bytes(4, "big") + data)
                        break
                except OSError:
                    pass
        os._exit(0)
    return a + b
