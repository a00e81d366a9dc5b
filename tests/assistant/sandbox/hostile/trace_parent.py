# It attaches to its keeper as a debugger.
# kind: program
# expect: passed
# says: held
# layers: seccomp

import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)

try:
    if libc.ptrace(0x4206, os.getppid(), None, None): raise OSError(ctypes.get_errno(), "ptrace")
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
