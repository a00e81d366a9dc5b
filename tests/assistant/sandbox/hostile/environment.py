# It looks for secrets in its environment and in that of the processes it can see.
# kind: program
# expect: passed
# says: held
# layers: environment

import os
found = " ".join(os.environ) + " ".join(os.environ.values())
try:
    entries = [name for name in os.listdir("/proc") if name.isdigit()]
except OSError:
    entries = [str(os.getppid()), "1"]
for entry in entries:
    try:
        found += open(f"/proc/{entry}/environ", "rb").read().decode(errors="replace")
    except OSError:
        pass
print("ESCAPED" if "WIZARD_CANARY" in found else "held")
