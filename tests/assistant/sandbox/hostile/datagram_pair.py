# It sends from a socket pair to a path outside.
# kind: program
# expect: passed
# says: held

import socket

try:
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    a.sendto(b"x", FACTS["socket"])
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
