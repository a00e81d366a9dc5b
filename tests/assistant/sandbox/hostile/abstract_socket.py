# It connects to a local socket by its abstract name.
# kind: program
# expect: passed
# says: held

import socket

try:
    s = socket.socket(socket.AF_UNIX)
    s.connect(FACTS["abstract"])
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
