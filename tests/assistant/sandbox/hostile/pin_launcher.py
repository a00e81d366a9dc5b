# It ties the launcher to one core and to the idle class.
# kind: program
# expect: passed
# says: held

import os

try:
    os.sched_setscheduler(FACTS["launcher"], os.SCHED_IDLE, os.sched_param(0))
    os.sched_setaffinity(FACTS["launcher"], {0})
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
