# It starts processes until it is stopped.
# kind: program
# expect: passed failed/processes
# says: held
# limits: processes=16
# layers: limits

import os, time
made = 0
try:
    for _ in range(200):
        if os.fork() == 0:
            time.sleep(3)
            os._exit(0)
        made += 1
except OSError as error:
    print("held", made, error)
else:
    print("ESCAPED", made)
