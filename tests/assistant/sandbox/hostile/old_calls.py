# It makes a system call by the numbers of 32-bit programs, which a filter for 64 bits does not know.
# kind: program
# expect: failed/crashed passed
# says: held

import ctypes, mmap, platform, sys

if platform.machine() != "x86_64":
    print("held: no such numbers here")
    sys.exit()
# mov eax, 359 (socket); mov ebx, 2; mov ecx, 1; xor edx, edx; int 0x80; ret
code = bytes.fromhex("53" "b867010000" "bb02000000" "b901000000" "31d2" "cd80" "5b" "c3")
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(code)
call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
print("held" if call() < 0 else "ESCAPED")
