# It takes its private folders away.
# kind: program
# expect: passed
# says: held

import ctypes
libc = ctypes.CDLL(None, use_errno=True)

try:
    if libc.umount2(b"/proc", 2): raise OSError(ctypes.get_errno(), "umount")
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
