"""What a worker gives up before it touches code that nobody has read: system calls, by ctypes, no policy of its own.

Each function is one layer of the wall and fails loudly: an OSError here ends the worker before anything ran. Which
layers are up is decided by the launcher; this file only knows how each is put up.
"""

from __future__ import annotations

import ctypes
import os
import resource
import struct
from typing import Any

_LIBC = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWPID = 0x20000, 0x08000000, 0x20000000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_RDONLY, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = (
    2,
    4,
    8,
    1,
    32,
    4096,
    16384,
    1 << 18,
)
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_READ, _PR_CAPBSET_DROP = 1, 4, 23, 24
_PR_SET_SECCOMP, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 22, 36, 38, 47

# asm-generic numbers, the same on x86-64 and arm64.
_SYS_LANDLOCK_CREATE, _SYS_LANDLOCK_ADD, _SYS_LANDLOCK_RESTRICT = 444, 445, 446
_SYS_CAPSET = {"x86_64": 126, "aarch64": 91}

# Landlock's file rights: 0 execute, 1 write, 2 read file, 3 read folder, 4-12 make and remove, 13 refer, 14 truncate, 15 ioctl.
_FS_ALL = (1 << 16) - 1
_FS_READ = 0b1101
_FS_LIST = 0b1000
_FS_FILE = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15
_NET_ALL = 0b11
_SCOPE_ALL = 0b11


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def prctl(option: int, value: int = 0, third: int = 0) -> None:
    """prctl(2); raises OSError."""
    _check(_LIBC.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(third), 0, 0), f"prctl {option}")


def unshare(flags: int) -> None:
    """New namespaces for this process (or, for CLONE_NEWPID, for its children)."""
    _check(_LIBC.unshare(flags), "unshare")


def enter(namespace: int, kind: int) -> None:
    """Go (back) into the namespace of that descriptor."""
    _check(_LIBC.setns(namespace, kind), "setns")


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """mount(2); raises OSError."""
    encoded = (source.encode(), target.encode(), kind.encode() if kind else None)
    _check(
        _LIBC.mount(*encoded, ctypes.c_ulong(flags), data.encode() if data else None),
        f"mount {kind or 'bind'} on {target}",
    )


def most_entries(size: int) -> int:
    """How many files and folders a scratch folder of `size` bytes may hold."""
    return max(1024, size // 16384)


def private_mounts(scratch: str, size: int) -> None:
    """A fresh /proc and one fresh tmpfs of `size` bytes that is the scratch folder and /dev/shm, seen by this worker only."""
    unshare(CLONE_NEWNS | CLONE_NEWIPC)
    mount("none", "/", None, _MS_REC | _MS_PRIVATE)
    inodes = most_entries(size)
    mount("scratch", scratch, "tmpfs", _MS_NOSUID | _MS_NODEV, f"size={size},nr_inodes={inodes},mode=1777")
    mount(scratch, "/dev/shm", None, _MS_BIND)
    mount("proc", "/proc", "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)


def bind_over(source: str, target: str) -> None:
    """Show `source` at `target` too, with what is shown within it, in this worker's own mounts."""
    mount(source, target, None, _MS_BIND | _MS_REC)


def drop_user(uid: int) -> None:
    """Become an unprivileged user with no groups (only root can)."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def drop_bounding_set() -> None:
    """No execve gives a capability from here on, to this process or any child; what it has it keeps."""
    capability = 0
    while _LIBC.prctl(_PR_CAPBSET_READ, ctypes.c_ulong(capability), 0, 0, 0) >= 0:
        _LIBC.prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0)
        capability += 1


def drop_capabilities() -> None:
    """No capability now."""
    _LIBC.prctl(_PR_CAP_AMBIENT, ctypes.c_ulong(4), 0, 0, 0)
    header = struct.pack("=Ii", 0x20080522, 0)
    _check(_LIBC.syscall(_SYS_CAPSET[os.uname().machine], header, b"\0" * 24), "capset")


def no_new_privileges() -> None:
    """setuid programs give nothing from here on."""
    prctl(_PR_SET_NO_NEW_PRIVS, 1)


def hide_from_same_user(hidden: bool) -> None:
    """Whether other processes of the same user can look into this one through /proc and ptrace."""
    prctl(_PR_SET_DUMPABLE, 0 if hidden else 1)


def die_with_parent(signal_number: int) -> None:
    """Get `signal_number` when the parent dies."""
    prctl(_PR_SET_PDEATHSIG, signal_number)


def adopt_orphans() -> None:
    """Become the parent of every orphaned descendant."""
    prctl(_PR_SET_CHILD_SUBREAPER, 1)


def limit(limits: dict[str, Any], processes: int) -> None:
    """The resource limits of one process and, for the number of processes, of its user."""
    cpu = int(limits["seconds"]) + 3
    table = {
        resource.RLIMIT_AS: limits["memory"],
        resource.RLIMIT_CPU: cpu,
        resource.RLIMIT_FSIZE: limits["disk"],
        resource.RLIMIT_NOFILE: limits["open_files"],
        resource.RLIMIT_NPROC: processes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
    }
    for name, most in table.items():
        _, hard = resource.getrlimit(name)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        # The signal for processor time comes at the soft limit, the end for those who ignore it a second later.
        resource.setrlimit(name, (most - 1 if name == resource.RLIMIT_CPU else most, most))


def filter_system_calls(program: bytes) -> None:
    """Load a seccomp filter (an array of BPF instructions) for this process and all its children."""
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    address = ctypes.create_string_buffer(header, len(header))
    prctl(_PR_SET_SECCOMP, 2, ctypes.addressof(address))


def landlock_version() -> int:
    """The kernel's Landlock ABI, 0 where there is none."""
    return max(0, int(_LIBC.syscall(_SYS_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)))


def restrict_files(read: list[str], listed: list[str], write: list[str]) -> None:
    """Landlock: files under `read` can be read and run, `listed` folders listed, `write` folders used freely, no TCP, no signals out."""
    rules = struct.pack("=QQQ", _FS_ALL, _NET_ALL, _SCOPE_ALL)
    ruleset = _check(_LIBC.syscall(_SYS_LANDLOCK_CREATE, rules, ctypes.c_size_t(len(rules)), 0), "landlock")
    for paths, rights in ((read, _FS_READ), (listed, _FS_LIST), (write, _FS_ALL)):
        for path in paths:
            _allow(ruleset, path, rights)
    _check(_LIBC.syscall(_SYS_LANDLOCK_RESTRICT, ruleset, 0), "landlock")
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        rights = rights if os.path.isdir(path) else rights & _FS_FILE
        rule = struct.pack("=Qi", rights, descriptor)
        if rights:
            _check(_LIBC.syscall(_SYS_LANDLOCK_ADD, ruleset, 1, rule, 0), f"landlock {path}")
    finally:
        os.close(descriptor)
