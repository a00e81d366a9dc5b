# It takes the launcher's right to open files.
# kind: program
# expect: passed
# says: held

import resource

try:
    resource.prlimit(FACTS["launcher"], resource.RLIMIT_NOFILE, (0, 0))
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
