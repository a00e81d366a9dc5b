# It becomes another program that says yes.
# kind: trial
# expect: failed

import os, sys
def add(a, b):
    os.execv("/bin/echo", ["echo", "passed"])
