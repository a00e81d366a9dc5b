# It takes the memory that it may several times over, in children.
# kind: program
# expect: memory
# limits: memory=268435456 seconds=20
# layers: watchdog

import os, time
for _ in range(6):
    if os.fork() == 0:
        block = bytearray(160 << 20)
        for index in range(0, len(block), 4096):
            block[index] = 1
        time.sleep(3)
        os._exit(0)
time.sleep(3)
print("held")
