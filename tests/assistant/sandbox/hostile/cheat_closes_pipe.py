# It closes all its descriptors and lives on.
# kind: trial
# expect: failed

import os, time
def add(a, b):
    os.closerange(0, 256)
    time.sleep(30)
