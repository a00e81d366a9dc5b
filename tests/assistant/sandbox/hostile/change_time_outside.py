# It changes the times of a file outside.
# kind: program
# expect: passed
# says: held

import os

try:
    os.utime(FACTS["canary"])
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
