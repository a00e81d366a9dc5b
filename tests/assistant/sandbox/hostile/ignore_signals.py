# It computes without end and ignores every signal it can.
# kind: program
# expect: timeout
# limits: seconds=1

import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    pass
