# It changes a setting of the kernel.
# kind: program
# expect: passed
# says: held

try:
    open("/proc/sys/kernel/core_pattern", "w").write("|/bin/false")
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
