# It runs a program that lies in no folder.
# kind: program
# expect: passed
# says: held

import os

try:
    memory = os.memfd_create("program")
    os.write(memory, b"#!/bin/sh\necho ESCAPED\n")
    os.execve(memory, ["x"], {})
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
