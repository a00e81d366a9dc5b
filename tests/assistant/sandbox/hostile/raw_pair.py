# It sends from a raw socket pair, which is a datagram pair by another name, to a path outside.
# kind: program
# expect: passed
# says: held

import socket

try:
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_RAW)
    a.sendto(b"x", FACTS["datagrams"])
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
