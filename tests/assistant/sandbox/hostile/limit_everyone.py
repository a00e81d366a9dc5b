# It sets limits to every process that it can name.
# kind: program
# expect: passed
# says: held

import os, resource

reached = []
for pid in range(1, 70_000):
    if pid != os.getpid():
        try:
            resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
            reached.append(pid)
        except OSError:
            continue
print("ESCAPED" if reached else "held", reached[:5])
