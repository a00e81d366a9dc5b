# It opens io_uring, bpf, perf and userfaultfd.
# kind: program
# expect: passed
# says: held

import ctypes
libc = ctypes.CDLL(None, use_errno=True)

try:
    for number in (425, 321, 298, 323):
        if libc.syscall(number, 1, ctypes.create_string_buffer(256), 64, 0, 0) >= 0: break
    else:
        raise OSError(ctypes.get_errno(), "refused")
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
