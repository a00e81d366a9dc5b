# It takes a descriptor of its keeper.
# kind: program
# expect: passed
# says: held

import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)

try:
    fd = libc.syscall(434, os.getppid(), 0)
    if fd < 0 or libc.syscall(438, fd, 3, 0) < 0: raise OSError(ctypes.get_errno(), "pidfd_getfd")
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
