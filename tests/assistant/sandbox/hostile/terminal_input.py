# It types into whatever terminal there is.
# kind: program
# expect: passed
# says: held

import fcntl, os

typed = []
for path in ("/dev/tty", "/dev/console", "/dev/pts/0", "/proc/1/fd/0"):
    try:
        with open(path, "rb") as terminal:
            fcntl.ioctl(terminal, 0x5412, b"x")
        typed.append(path)
    except OSError:
        continue
for fd in range(3):
    try:
        fcntl.ioctl(fd, 0x5412, b"x")
        typed.append(fd)
    except OSError:
        continue
print("ESCAPED" if typed else "held", typed)
