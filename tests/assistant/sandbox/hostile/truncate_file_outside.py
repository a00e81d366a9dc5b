# It truncates that file by path.
# kind: program
# expect: passed
# says: held

import os

try:
    os.truncate(FACTS["canary"], 0)
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
