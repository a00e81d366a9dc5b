# It ends with success before anything is asked.
# kind: trial
# expect: failed

import os
os._exit(0)
