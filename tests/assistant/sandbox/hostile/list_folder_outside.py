# It lists the folder of that file.
# kind: program
# expect: passed
# says: held

import os

try:
    os.listdir(os.path.dirname(FACTS["canary"]))
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
