"""The system calls that no worker may make, as a seccomp filter assembled by libseccomp (by ctypes, six functions).

A list of what is refused, on top of the other layers: no sockets, no looking into other processes nor changing how they
run, no namespaces or mounts, none of the kernel's large and young corners, no memory that the watchdog cannot see. A
filter sees numbers and no paths; where Landlock leaves something open that goes by path, it is refused altogether.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import tempfile

_ALLOW = 0x7FFF0000
_KILL = 0x80000000
_BAD_ARCHITECTURE = 2
_EQUAL, _MASKED_EQUAL, _NOT_EQUAL = 4, 7, 1

_REFUSED = """
    socket connect bind listen accept accept4 sendmmsg recvmmsg
    ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp
    mount umount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr unshare setns
    bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register
    keyctl add_key request_key init_module finit_module delete_module kexec_load kexec_file_load reboot
    swapon swapoff sethostname setdomainname iopl ioperm acct quotactl quotactl_fd syslog vhangup modify_ldt
    settimeofday clock_settime clock_adjtime adjtimex stime name_to_handle_at open_by_handle_at lookup_dcookie nfsservctl
    fanotify_init fanotify_mark memfd_create memfd_secret shmget shmat shmctl shmdt msgget msgsnd msgrcv msgctl
    semget semop semtimedop semctl mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify
    move_pages migrate_pages setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid
    uselib ustat sysfs _sysctl afs_syscall vserver mlock mlock2 mlockall
"""
# What changes a file without opening it, or listens to a folder: Landlock (ABI 7) checks none of these.
_BY_PATH = """
    utime utimes futimesat utimensat setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr
    inotify_init inotify_init1 inotify_add_watch
"""
# These are the owner's alone, so they matter where the worker is the user whose files lie outside.
_BY_OWNER = "chmod fchmod fchmodat fchmodat2 chown lchown fchown fchownat"
# A call's argument that names another process (or all of a user's), and the value that means the caller itself.
_OF_OTHERS = (
    ("prlimit64", 0, 0),
    ("setpriority", 0, 0),
    ("setpriority", 1, 0),
    ("ioprio_set", 0, 1),
    ("ioprio_set", 1, 0),
    ("sched_setaffinity", 0, 0),
    ("sched_setscheduler", 0, 0),
    ("sched_setparam", 0, 0),
    ("sched_setattr", 0, 0),
)
# From here on calls have the same numbers everywhere and libraries may not know their names: fchmodat2 was added in 2023.
_YOUNGEST = 452
_NEW_NAMESPACES = 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000 | 0x00020000 | 0x00000080
_AF_UNIX = 1
_SOCK_TYPE_MASK = 0xF
_SOCK_STREAM, _SOCK_SEQPACKET = 1, 5
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
# What a socket holds unread is memory of the kernel's, which no process shows: its size stays what it is by default.
_SOL_SOCKET = 1
_BUFFER_SIZES = (7, 8, 32, 33)


class _Comparison(ctypes.Structure):
    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


def assemble(*, by_path: bool = False, by_owner: bool = False) -> bytes:
    """The filter as BPF instructions for this machine.

    Args:
        by_path: refuse to change or watch files without opening them, too.
        by_owner: refuse changes of mode and owner, too.

    Raises:
        OSError: libseccomp is not installed or refuses.
    """
    library = _library()
    context = library.seccomp_init(_ALLOW)
    if not context:
        raise OSError("seccomp_init failed")
    try:
        _ok(library.seccomp_attr_set(context, _BAD_ARCHITECTURE, ctypes.c_uint32(_KILL)), "architecture")
        for name in f"{_REFUSED} {_BY_PATH * by_path} {_BY_OWNER * by_owner}".split():
            _refuse(library, context, name, errno.EPERM)
        for name, argument, itself in _OF_OTHERS:
            _refuse(library, context, name, errno.EPERM, _Comparison(argument, _NOT_EQUAL, itself, 0))
        # Programs fall back from clone3, whose flags a filter cannot see, to clone.
        _refuse(library, context, "clone3", errno.ENOSYS)
        for bit in (1 << shift for shift in range(32)):
            if bit & _NEW_NAMESPACES:
                _refuse(library, context, "clone", errno.EPERM, _Comparison(0, _MASKED_EQUAL, bit, bit))
        _refuse(library, context, "socketpair", errno.EPERM, _Comparison(0, _NOT_EQUAL, _AF_UNIX, 0))
        # A datagram socket (a raw one, too) could be sent to any path or name; other pairs stay between their two ends.
        for kind in set(range(_SOCK_TYPE_MASK + 1)) - {_SOCK_STREAM, _SOCK_SEQPACKET}:
            _refuse(library, context, "socketpair", errno.EPERM, _Comparison(1, _MASKED_EQUAL, _SOCK_TYPE_MASK, kind))
        for size in _BUFFER_SIZES:
            # Nothing is said of it, for programs ask for smaller buffers, too, and take a refusal for a fault.
            wanted = [_Comparison(n, _MASKED_EQUAL, 0xFFFFFFFF, value) for n, value in ((1, _SOL_SOCKET), (2, size))]
            _refuse(library, context, "setsockopt", 0, *wanted)
        for request in (_TIOCSTI, _TIOCLINUX):
            _refuse(library, context, "ioctl", errno.EPERM, _Comparison(1, _MASKED_EQUAL, 0xFFFFFFFF, request))
        return _no_younger_calls() + _exported(library, context)
    finally:
        library.seccomp_release(context)


def _no_younger_calls() -> bytes:
    """Three instructions to begin with: load the call's number; from `_YOUNGEST` on say that there is no such call."""
    load, at_least, answer = 0x20, 0x35, 0x06
    rows = ((load, 0, 0, 0), (at_least, 0, 1, _YOUNGEST), (answer, 0, 0, 0x00050000 | errno.ENOSYS))
    return b"".join(struct.pack("=HBBI", *row) for row in rows)


def _library() -> ctypes.CDLL:
    for name in ("libseccomp.so.2", "libseccomp.so"):
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        library.seccomp_init.restype = ctypes.c_void_p
        library.seccomp_init.argtypes = [ctypes.c_uint32]
        library.seccomp_attr_set.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32]
        library.seccomp_syscall_resolve_name.argtypes = [ctypes.c_char_p]
        library.seccomp_rule_add_array.argtypes = [
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_int,
            ctypes.c_uint,
            ctypes.POINTER(_Comparison),
        ]
        library.seccomp_export_bpf.argtypes = [ctypes.c_void_p, ctypes.c_int]
        library.seccomp_release.argtypes = [ctypes.c_void_p]
        return library
    raise OSError("libseccomp.so.2 is not installed")


def _refuse(library: ctypes.CDLL, context: int, name: str, number: int, *comparisons: _Comparison) -> None:
    call = library.seccomp_syscall_resolve_name(name.encode())
    if call < 0:
        return  # this machine, or this libseccomp, does not have it
    action = 0x00050000 | number
    array = (_Comparison * max(1, len(comparisons)))(*comparisons)
    _ok(library.seccomp_rule_add_array(context, action, call, len(comparisons), array), name)


def _exported(library: ctypes.CDLL, context: int) -> bytes:
    with tempfile.TemporaryFile() as stream:
        _ok(library.seccomp_export_bpf(context, stream.fileno()), "export")
        stream.seek(0)
        return stream.read()


def _ok(result: int, what: str) -> None:
    if result < 0:
        raise OSError(-result, f"libseccomp, {what}: {os.strerror(-result)}")
