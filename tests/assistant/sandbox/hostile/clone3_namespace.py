# It the same by clone3, whose flags a filter cannot see.
# kind: program
# expect: passed
# says: held

import ctypes, os, struct
libc = ctypes.CDLL(None, use_errno=True)

try:
    args = struct.pack("=11Q", 0x10000000, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0)
    pid = libc.syscall(435, args, 88)
    if pid == 0: os._exit(0)
    if pid < 0: raise OSError(ctypes.get_errno(), "clone3")
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
