# It climbs from its folder by ...
# kind: program
# expect: passed
# says: held

try:
    open("../" * 40 + FACTS["canary"]).read()
except (OSError, MemoryError, OverflowError) as error:
    print("held", error)
else:
    print("ESCAPED")
