# It stops itself, so that it uses no time.
# kind: program
# expect: timeout
# limits: seconds=1

import os, signal
os.kill(os.getpid(), signal.SIGSTOP)
