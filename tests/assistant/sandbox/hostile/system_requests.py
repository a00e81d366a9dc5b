# It asks the kernel to crash, to write its core elsewhere, and to tell its log.
# kind: program
# expect: passed
# says: held

import os
got = []
for path, text in (("/proc/sysrq-trigger", b"h"), ("/proc/sys/kernel/core_pattern", b"|/bin/sh"), ("/proc/self/oom_score_adj", b"-1000"), ("/proc/1/oom_score_adj", b"1000"), ("/proc/self/uid_map", b"0 0 1"), ("/sys/kernel/uevent_helper", b"/bin/sh")):
    try:
        with open(path, "wb", buffering=0) as stream:
            stream.write(text)
        got.append(path)
    except OSError:
        pass
for path in ("/proc/kmsg", "/dev/kmsg", "/proc/kcore", "/proc/kallsyms"):
    try:
        data = open(path, "rb").read(64)
        if path != "/proc/kallsyms" or not data.startswith(b"0000000000000000"):
            got.append(path)
    except OSError:
        pass
print("ESCAPED" if got else "held", got)
