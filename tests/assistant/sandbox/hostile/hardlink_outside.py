# It takes the file by a hard link.
# kind: program
# expect: passed
# says: held

import os

try:
    os.link(FACTS["canary"], "link")
    open("link").read()
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
