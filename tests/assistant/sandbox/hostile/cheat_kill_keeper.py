# It kills its keeper, which would report its end.
# kind: trial
# expect: failed

import os, signal
def add(a, b):
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP):
        os.kill(os.getppid(), number)
    return -1
