# It makes a file of its own run as root: set-user-id bits, file capabilities.
# kind: program
# expect: passed
# says: held

import os, shutil, subprocess, sys

shutil.copyfile("/usr/bin/id", "./id")
for mode in (0o4755, 0o6777):
    try:
        os.chmod("id", mode)
    except OSError:
        pass
try:
    os.setxattr("id", "security.capability", bytes.fromhex("0100000200000000" "0000000000000000" "00000000"))
except OSError:
    pass
try:
    out = subprocess.run(["./id", "-u"], capture_output=True, text=True).stdout
except OSError as error:
    out = str(error)
print("ESCAPED" if out.strip() == "0" else "held", out)
