# It asks for functions of the tests' that there are not.
# kind: trial
# expect: failed

import os

def add(a, b):
    for number in ("-1", "1" * 40, "null", '"x"', "{}"):
        data = ('{"callback": %s, "args": [1]}' % number).encode()
        for fd in range(3, 32):
            try:
                os.write(fd, len(data).to_bytes(4, "big") + data)
            except OSError:
                pass
    return 3
