# It runs a program that would make it root.
# kind: program
# expect: passed
# says: held
# layers: privileges

import os, subprocess
found = [path for path in ("/usr/bin/su", "/usr/bin/mount", "/usr/bin/passwd", "/usr/bin/newgrp") if os.path.exists(path)]
after = [subprocess.run([path, "--version"], capture_output=True).returncode for path in found]
print("held" if os.geteuid() != 0 else "ESCAPED")
