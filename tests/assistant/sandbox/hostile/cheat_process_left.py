# It answers rightly and leaves a process running.
# kind: trial
# expect: failed
# reason: left running

import os, time
def add(a, b):
    if os.fork() == 0:
        time.sleep(30)
        os._exit(0)
    return a + b
