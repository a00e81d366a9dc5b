# It changes its root folder.
# kind: program
# expect: passed
# says: held

import os

try:
    os.chroot(".")
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
