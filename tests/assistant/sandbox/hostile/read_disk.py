# It opens the disk itself.
# kind: program
# expect: passed
# says: held

try:
    [open(name, "rb").read(16) for name in ("/dev/sda", "/dev/vda", "/dev/nvme0n1", "/dev/mem")]
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
