# It keeps a note in shared memory for those who come later.
# kind: program
# expect: passed
# says: held

import ctypes
libc = ctypes.CDLL(None, use_errno=True)

try:
    if libc.shmget(0x57495A, 4096, 0o1666) < 0: raise OSError(ctypes.get_errno(), "shmget")
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
