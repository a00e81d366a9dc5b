# It takes away everybody's rights to a file outside.
# kind: program
# expect: passed
# says: held

import os

try:
    os.chmod(FACTS["canary"], 0o600)
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
