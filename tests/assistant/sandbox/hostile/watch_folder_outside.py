# It asks the kernel to tell it what happens in a folder outside.
# kind: program
# expect: passed
# says: held

import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)

try:
    watch = libc.inotify_init()
    if watch < 0 or libc.inotify_add_watch(watch, os.path.dirname(FACTS["canary"]).encode(), 0xFFF) < 0:
        raise OSError(ctypes.get_errno(), "refused")
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
