# It sleeps beyond its time.
# kind: program
# expect: timeout
# limits: seconds=1
# layers: clock

import time
time.sleep(3)
