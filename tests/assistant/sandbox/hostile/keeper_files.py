# It looks into the process above it through /proc.
# kind: program
# expect: passed
# says: held

import os

seen = []
for pid in {1, os.getppid()}:
    for name in ("mem", "environ", "maps", "fd", "root/etc/passwd", "cwd", "auxv", "stack"):
        path = f"/proc/{pid}/{name}"
        try:
            if name == "fd":
                found = bool(os.listdir(path))
            elif name == "cwd":
                found = bool(os.readlink(path))
            else:
                with open(path, "rb") as stream:
                    found = bool(stream.read(1))
        except (OSError, ValueError):
            continue
        if found:
            seen.append(path)
print("ESCAPED" if seen else "held", seen)
