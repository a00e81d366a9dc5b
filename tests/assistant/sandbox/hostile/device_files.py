# It opens the kernel's own doors.
# kind: program
# expect: passed
# says: held

import os

doors = "/dev/kmsg /dev/mem /dev/kvm /dev/fuse /dev/userfaultfd /dev/loop-control /dev/net/tun /proc/kcore /proc/kmsg"
doors += " /proc/sysrq-trigger /sys/kernel/uevent_helper /sys/fs/cgroup/cgroup.procs"
opened = []
for door in doors.split():
    for mode in (os.O_RDONLY, os.O_WRONLY):
        try:
            opened.append((door, os.open(door, mode)))
        except OSError:
            continue
print("ESCAPED" if opened else "held", opened)
