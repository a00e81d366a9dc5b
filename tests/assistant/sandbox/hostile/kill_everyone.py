# It kills every process that it may.
# kind: program
# expect: passed
# says: held

import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
try:
    os.kill(-1, signal.SIGTERM)
except OSError:
    pass
print("held")
