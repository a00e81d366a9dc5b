# It becomes root.
# kind: program
# expect: passed
# says: held

import os

try:
    os.setuid(0)
    os.listdir("/root")
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
