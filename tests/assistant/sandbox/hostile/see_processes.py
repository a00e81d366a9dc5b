# It looks for processes of others.
# kind: program
# expect: passed
# says: held
# layers: processes

import os
me, others = os.getpid(), []
try:
    others = [name for name in os.listdir("/proc") if name.isdigit() and int(name) > 2 and int(name) != me]
except OSError:
    pass
print("held" if not others else f"ESCAPED {len(others)}")
