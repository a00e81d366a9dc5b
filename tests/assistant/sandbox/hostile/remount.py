# It makes the system writable again.
# kind: program
# expect: passed
# says: held

import ctypes
libc = ctypes.CDLL(None, use_errno=True)

try:
    if libc.mount(b"none", b"/", None, 32 | 4096, None): raise OSError(ctypes.get_errno(), "mount")
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
