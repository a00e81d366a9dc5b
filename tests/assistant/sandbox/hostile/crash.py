# It ends by a crash in C.
# kind: program
# expect: failed

import ctypes
ctypes.string_at(0)
