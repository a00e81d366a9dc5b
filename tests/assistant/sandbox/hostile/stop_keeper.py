# It stops and kills the process above it, which is to report its end.
# kind: program
# expect: passed
# says: held

import os, signal

for number in (signal.SIGSTOP, signal.SIGTSTP, signal.SIGTERM, signal.SIGKILL, signal.SIGCHLD):
    try:
        os.kill(os.getppid(), number)
    except OSError:
        continue
print("held", os.getppid())
