# It connects to a server on this machine.
# kind: program
# expect: passed
# says: held

import socket

try:
    socket.create_connection(("127.0.0.1", FACTS["port"]), timeout=2)
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
