# It exits with success after an error that it hides.
# kind: program
# expect: failed

import os
try:
    raise ValueError("wrong")
except ValueError:
    os._exit(3)
