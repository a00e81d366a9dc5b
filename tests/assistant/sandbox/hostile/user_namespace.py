# It makes a namespace in which it is root.
# kind: program
# expect: passed
# says: held

import ctypes
libc = ctypes.CDLL(None, use_errno=True)

try:
    if libc.unshare(0x10000000): raise OSError(ctypes.get_errno(), "unshare")
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
