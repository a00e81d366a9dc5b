# It counts its capabilities, and whether it could gain any.
# kind: program
# expect: passed
# says: held
# layers: privileges

import ctypes
libc = ctypes.CDLL(None, use_errno=True)
header, data = ctypes.create_string_buffer(b"\x22\x05\x08\x20" + b"\0" * 4), ctypes.create_string_buffer(24)
libc.capget(header, data)
nothing = not any(data.raw) and libc.prctl(39, 0, 0, 0, 0) == 1
print("held" if nothing else f"ESCAPED {data.raw.hex()}")
