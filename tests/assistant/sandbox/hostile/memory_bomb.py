# It takes four times the memory that it may.
# kind: program
# expect: passed
# says: held
# limits: memory=268435456
# layers: limits

try:
    block = bytearray(1 << 30)
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
