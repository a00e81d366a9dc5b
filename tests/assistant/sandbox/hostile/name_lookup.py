# It looks a name up, which would tell a server of it.
# kind: program
# expect: passed
# says: held

import socket

try:
    socket.getaddrinfo("secret.example.com", 80)
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
