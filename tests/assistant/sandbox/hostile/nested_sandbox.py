# It starts bubblewrap inside.
# kind: program
# expect: passed
# says: held

import subprocess

try:
    subprocess.run(["bwrap", "--ro-bind", "/", "/", "true"], check=True, capture_output=True)
except (OSError, subprocess.CalledProcessError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
