# It attaches to the launcher as a debugger.
# kind: program
# expect: passed
# says: held

import ctypes
libc = ctypes.CDLL(None, use_errno=True)

try:
    if libc.ptrace(0x4206, FACTS["launcher"], None, None): raise OSError(ctypes.get_errno(), "ptrace")
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
