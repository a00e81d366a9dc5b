"""The system calls that no worker may make, as a seccomp filter assembled by libseccomp (by ctypes, six functions).

A list of what is refused, on top of the other layers: no sockets, no looking into other processes, no namespaces or
mounts, none of the kernel's large and young corners, no memory that the watchdog cannot see. This knows nothing of
files and limits.
"""

from __future__ import annotations

import ctypes
import errno
import os
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
_NEW_NAMESPACES = 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000 | 0x00020000 | 0x00000080
_AF_UNIX = 1
_SOCK_TYPE_MASK, _SOCK_DGRAM = 0xF, 2
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C


class _Comparison(ctypes.Structure):
    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


def assemble() -> bytes:
    """The filter as BPF instructions for this machine.

    Raises:
        OSError: libseccomp is not installed or refuses.
    """
    library = _library()
    context = library.seccomp_init(_ALLOW)
    if not context:
        raise OSError("seccomp_init failed")
    try:
        _ok(library.seccomp_attr_set(context, _BAD_ARCHITECTURE, ctypes.c_uint32(_KILL)), "architecture")
        for name in _REFUSED.split():
            _refuse(library, context, name, errno.EPERM)
        # Programs fall back from clone3, whose flags a filter cannot see, to clone.
        _refuse(library, context, "clone3", errno.ENOSYS)
        for bit in (1 << shift for shift in range(32)):
            if bit & _NEW_NAMESPACES:
                _refuse(library, context, "clone", errno.EPERM, _Comparison(0, _MASKED_EQUAL, bit, bit))
        _refuse(library, context, "socketpair", errno.EPERM, _Comparison(0, _NOT_EQUAL, _AF_UNIX, 0))
        # A datagram socket could be sent to any path or name; a stream pair stays between its two ends.
        _refuse(
            library, context, "socketpair", errno.EPERM, _Comparison(1, _MASKED_EQUAL, _SOCK_TYPE_MASK, _SOCK_DGRAM)
        )
        for request in (_TIOCSTI, _TIOCLINUX):
            _refuse(library, context, "ioctl", errno.EPERM, _Comparison(1, _MASKED_EQUAL, 0xFFFFFFFF, request))
        return _exported(library, context)
    finally:
        library.seccomp_release(context)


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
