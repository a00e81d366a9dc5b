# It answers rightly and leaves a thread running.
# kind: trial
# expect: failed
# reason: left running

import threading, time
def add(a, b):
    threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
    return a + b
