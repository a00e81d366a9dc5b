# It sends a signal to the launcher.
# kind: program
# expect: passed
# says: held

import os

try:
    os.kill(FACTS["launcher"], 0)
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
