# It leaves a note where a later run would look, and looks for one.
# kind: program
# expect: passed
# says: held

import os
seen = []
for place in ("/dev/shm", "/tmp", "/var/tmp", os.getcwd()):
    try:
        seen += [name for name in os.listdir(place) if name.startswith("note-")]
    except OSError:
        pass
for place in ("/dev/shm", "/tmp", "/var/tmp", os.getcwd()):
    try:
        open(f"{place}/note-{os.getpid()}", "w").write("x")
    except OSError:
        pass
print("held" if not seen else "ESCAPED")
