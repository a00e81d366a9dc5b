# It lowers the priority of everything that its user runs.
# kind: program
# expect: passed
# says: held

import os

try:
    os.setpriority(os.PRIO_USER, 0, 19)
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
