# It writes into an extended attribute of a file outside.
# kind: program
# expect: passed
# says: held

import os

try:
    os.setxattr(FACTS["canary"], "user.note", b"here")
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
