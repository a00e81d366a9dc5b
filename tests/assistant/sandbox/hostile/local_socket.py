# It connects to a local socket by its path.
# kind: program
# expect: passed
# says: held

import socket

try:
    s = socket.socket(socket.AF_UNIX)
    s.connect(FACTS["socket"])
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
