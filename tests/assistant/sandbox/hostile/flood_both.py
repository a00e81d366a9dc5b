# It floods both outputs at once from several processes.
# kind: program
# expect: output

import os
for _ in range(3):
    os.fork()
while True:
    os.write(1, b"x" * 65536)
    os.write(2, b"y" * 65536)
