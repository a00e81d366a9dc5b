# It types a command into the terminal it was started from.
# kind: program
# expect: passed
# says: held

import fcntl, os
try:
    for byte in b"id\n":
        fcntl.ioctl(os.open("/dev/tty", os.O_RDWR), 0x5412, bytes([byte]))
except OSError as error:
    print("held", error)
else:
    print("ESCAPED")
