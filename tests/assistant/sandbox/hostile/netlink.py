# It asks the kernel for its network.
# kind: program
# expect: passed
# says: held

import socket

try:
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
