# It reads the memory of its keeper.
# kind: program
# expect: passed
# says: held

import os

try:
    open(f"/proc/{os.getppid()}/mem", "rb").read(1)
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
