# It the same by clone.
# kind: program
# expect: passed
# says: held

import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)

try:
    pid = libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0)
    if pid == 0: os._exit(0)
    if pid < 0: raise OSError(ctypes.get_errno(), "clone")
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
