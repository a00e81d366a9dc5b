# It keeps a note in the kernel for those who come later.
# kind: program
# expect: passed
# says: held
# layers: seccomp

import ctypes
libc = ctypes.CDLL(None, use_errno=True)

try:
    if libc.syscall(248, b"user", b"note", b"x", 1, -4) < 0: raise OSError(ctypes.get_errno(), "add_key")
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
