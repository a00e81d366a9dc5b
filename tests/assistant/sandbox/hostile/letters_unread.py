# It keeps memory that no process shows, as letters to itself that it never reads, in boxes larger than they are meant to be.
# kind: program
# expect: passed failed memory
# says: held

import socket

total, pairs = 0, []
try:
    while True:
        pairs.append(socket.socketpair())
        for end in pairs[-1]:
            end.setblocking(False)
            for option in (socket.SO_SNDBUF, socket.SO_RCVBUF, 32, 33):
                end.setsockopt(socket.SOL_SOCKET, option, 1 << 30)
            try:
                while True:
                    total += end.send(bytes(1 << 16))
            except BlockingIOError:
                pass
except OSError as error:
    print("held" if total < 1 << 28 else "ESCAPED", total >> 20, "MiB", error)
