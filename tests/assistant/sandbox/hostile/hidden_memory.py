# It takes memory that no process shows, as files without a name.
# kind: program
# expect: passed
# says: held

import os

try:
    held = [os.memfd_create("x") for _ in range(8)]
    for fd in held: os.write(fd, bytes(1 << 24))
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
