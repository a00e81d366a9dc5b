# It keeps more files open than it may by sending them to itself.
# kind: program
# expect: passed
# says: held

import array, os, socket

count = 0
pairs = []
try:
    while count < 4000:
        a, b = socket.socketpair()
        pairs.append((a, b))
        for _ in range(200):
            files = [os.open("/dev/null", os.O_RDONLY) for _ in range(8)]
            try:
                a.setblocking(False)
                a.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))])
                count += 8
            finally:
                for file in files:
                    os.close(file)
except OSError as error:
    print("held" if count < 1500 else "ESCAPED", count, error)
else:
    print("ESCAPED", count)
