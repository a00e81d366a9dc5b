# It leaves folders that their owner may not enter.
# kind: program
# expect: passed
# says: held

import os

for number in range(20):
    os.makedirs(f"a{number}/b/c")
    open(f"a{number}/b/c/file", "w").close()
    for path in (f"a{number}/b/c", f"a{number}/b", f"a{number}"):
        try:
            os.chmod(path, 0)
        except OSError:
            pass
print("held")
