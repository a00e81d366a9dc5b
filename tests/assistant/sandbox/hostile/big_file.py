# It writes one file beyond its limit.
# kind: program
# expect: passed
# says: held
# limits: disk=16777216

import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    with open("big", "wb") as stream:
        for _ in range(64):
            stream.write(bytes(1 << 20))
except OSError as error:
    print("held", error)
else:
    print("ESCAPED")
