# It counts the network interfaces that it can see.
# kind: program
# expect: passed
# says: held
# layers: network

names = []
try:
    names = [line.split(":")[0].strip() for line in open("/proc/net/dev").read().splitlines()[2:]]
except OSError:
    pass
print("held" if set(names) <= {"lo"} else f"ESCAPED {names}")
