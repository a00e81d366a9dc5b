# It tries system calls that are younger than the filter's library.
# kind: program
# expect: passed
# says: held

import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)

here = []
for number in range(452, 480):
    libc.syscall(number, -1, None, 0, 0, 0, 0)
    if ctypes.get_errno() != errno.ENOSYS:
        here.append(number)
print("ESCAPED" if here else "held", here)
