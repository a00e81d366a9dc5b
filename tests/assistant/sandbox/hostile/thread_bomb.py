# It starts threads until it is stopped.
# kind: program
# expect: passed
# says: held
# limits: processes=16

import threading, time
made = 0
try:
    for _ in range(300):
        threading.Thread(target=time.sleep, args=(2,), daemon=True).start()
        made += 1
except (RuntimeError, MemoryError) as error:
    print("held", made, error)
else:
    print("ESCAPED", made)
