# It the same to stderr.
# kind: program
# expect: output

import os
while True:
    os.write(2, b"x" * 65536)
