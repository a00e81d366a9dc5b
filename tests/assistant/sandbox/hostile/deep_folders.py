# It leaves folders within folders, deeper than a recursive walk can go.
# kind: program
# expect: passed failed/disk
# says: held

import os

made = 0
try:
    for _ in range(3000):
        os.mkdir("d")
        os.chdir("d")
        made += 1
except OSError:
    pass
print("held", made)
