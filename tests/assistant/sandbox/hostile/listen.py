# It opens a port for others.
# kind: program
# expect: passed
# says: held

import socket

try:
    s = socket.create_server(("0.0.0.0", 0))
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
