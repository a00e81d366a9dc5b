# It unpacks a small archive of much.
# kind: program
# expect: passed failed/disk
# says: held
# limits: disk=33554432 seconds=20

import io, os, signal, zipfile
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
data = io.BytesIO()
with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
    for number in range(24):
        archive.writestr(f"part{number}", bytes(4 << 20))
try:
    zipfile.ZipFile(data).extractall()
    os.sync()
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
