# It leaves a message queue, a semaphore and shared memory for others to find.
# kind: program
# expect: passed
# says: held

import ctypes
libc = ctypes.CDLL(None, use_errno=True)
names = {"mq_open": 240, "semget": 64, "shmget": 29, "msgget": 68}

made = [name for name, number in names.items() if libc.syscall(number, b"wizard", 0o102, 0o666, 0) >= 0]
print("ESCAPED" if made else "held", made)
