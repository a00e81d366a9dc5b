# It asks to run before everybody else.
# kind: program
# expect: passed
# says: held

import os

try:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
