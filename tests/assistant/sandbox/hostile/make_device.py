# It makes a device file for the disk.
# kind: program
# expect: passed
# says: held

import os, stat

try:
    os.mknod("disk", 0o600 | stat.S_IFBLK, os.makedev(8, 0))
    open("disk", "rb").read(1)
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
