# It changes a module of the interpreter for those who come later.
# kind: program
# expect: passed
# says: held

import os

try:
    open(os.__file__, "a").write("#")
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
