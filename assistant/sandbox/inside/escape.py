"""The self-test's escape artist: tries each way out and says what happened. Runs as a program behind the wall.

`TARGETS` (JSON, put before this source by the self-test) names canaries outside. Each attempt returns what it got,
or raises when it was stopped. It imports only what the nursery has loaded: a wall may hide the rest of the library.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

_LIBC = ctypes.CDLL(None, use_errno=True)
_ENVIRONMENT = {"PATH", "LANG", "HOME", "TMPDIR", "PWD", "LC_CTYPE", "MPLBACKEND"}
_ENVIRONMENT |= {
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "PYTHONHASHSEED",
    "PYTHONDONTWRITEBYTECODE",
}


def _call(name: str, *arguments: Any) -> str:
    if getattr(_LIBC, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return f"{name} succeeded"


def _read_canary(targets: dict[str, Any]) -> str:
    with open(targets["canary"]) as stream:
        return stream.read()


def _list_canary(targets: dict[str, Any]) -> str:
    return str(os.listdir(os.path.dirname(targets["canary"])))


def _write_canary(targets: dict[str, Any]) -> str:
    with open(targets["canary"] + ".written", "w") as stream:
        stream.write("here")
    return "written"


def _write_interpreter(targets: dict[str, Any]) -> str:
    with open(os.__file__, "ab"):
        return "opened for writing"


def _connect(targets: dict[str, Any]) -> str:
    with socket.socket() as stream:
        stream.connect(("127.0.0.1", targets["port"]))
    return "connected"


def _datagram(targets: dict[str, Any]) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.sendto(b"out", ("127.0.0.1", targets["port"]))
    return "sent"


def _unix_socket(targets: dict[str, Any]) -> str:
    with socket.socket(socket.AF_UNIX) as stream:
        stream.connect(targets["socket"])
    return "connected"


def _environment(targets: dict[str, Any]) -> str:
    found = {name for name in os.environ if name not in _ENVIRONMENT}
    for pid in (1, os.getppid()):
        try:
            with open(f"/proc/{pid}/environ", "rb") as stream:
                data = stream.read()
            found |= {part.split(b"=")[0].decode() for part in data.split(b"\0") if part}
        except OSError:
            continue
    if not found - _ENVIRONMENT:
        raise PermissionError("nothing found")
    return str(sorted(found))


def _capabilities(targets: dict[str, Any]) -> str:
    header = ctypes.create_string_buffer(b"\x22\x05\x08\x20" + b"\0" * 4)
    data = ctypes.create_string_buffer(24)
    _call("capget", header, data)
    if any(data.raw) or _LIBC.prctl(39, 0, 0, 0, 0) != 1 or _LIBC.prctl(21, 0, 0, 0, 0) != 2:
        return f"capabilities {data.raw.hex()}, or no filter, or privileges can be gained"
    raise PermissionError("none")


def _become_root(targets: dict[str, Any]) -> str:
    os.setuid(0)
    return "root"


def _signal_launcher(targets: dict[str, Any]) -> str:
    os.kill(targets["launcher"], 0)
    return "reached"


def _trace_launcher(targets: dict[str, Any]) -> str:
    # PTRACE_SEIZE: unlike an attachment it does not stop the launcher where it succeeds.
    return _call("ptrace", 0x4206, targets["launcher"], None, None)


def _new_namespace(targets: dict[str, Any]) -> str:
    return _call("unshare", 0x10000000)


def _mount(targets: dict[str, Any]) -> str:
    # Over its own folder, and taken away again: where it succeeds, the machine must not suffer.
    said = _call("mount", b"none", b".", b"tmpfs", 0, None)
    _call("umount2", b".", 2)
    return said


def _fork_many(targets: dict[str, Any]) -> str:
    made: list[int] = []
    try:
        for _ in range(targets["processes"]):
            pid = os.fork()
            if pid == 0:
                time.sleep(5)
                os._exit(0)
            made.append(pid)
    finally:
        for pid in made:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    return f"{len(made)} processes"


def _fill_memory(targets: dict[str, Any]) -> str:
    return f"{len(bytearray(targets['memory']))} bytes"


def _fill_disk(targets: dict[str, Any]) -> str:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with open("filled", "wb") as stream:
        for _ in range(targets["disk"] >> 16):
            stream.write(b"\0" * 65536)
    return f"{targets['disk']} bytes"


def _processor_limit(targets: dict[str, Any]) -> str:
    limit = resource.getrlimit(resource.RLIMIT_CPU)[1]
    if limit != resource.RLIM_INFINITY and limit <= 60:
        raise PermissionError(f"{limit} s")
    return "no limit"


ATTEMPTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "read a file outside": _read_canary,
    "list a folder outside": _list_canary,
    "write a file outside": _write_canary,
    "write to the interpreter": _write_interpreter,
    "connect over TCP": _connect,
    "send a datagram": _datagram,
    "connect to a local socket": _unix_socket,
    "find the environment": _environment,
    "keep capabilities": _capabilities,
    "become root": _become_root,
    "signal the launcher": _signal_launcher,
    "trace the launcher": _trace_launcher,
    "make a namespace": _new_namespace,
    "mount a file system": _mount,
    "start many processes": _fork_many,
    "take much memory": _fill_memory,
    "fill the disk": _fill_disk,
    "run without end": _processor_limit,
}


def main(targets: dict[str, Any]) -> None:
    """Try everything; one JSON object on stdout, attempt → [held, what happened]."""
    outcome = {}
    for name, attempt in ATTEMPTS.items():
        try:
            outcome[name] = (False, attempt(targets)[:200])
        except (OSError, MemoryError, OverflowError) as error:
            outcome[name] = (True, f"{type(error).__name__}: {error}"[:200])
    json.dump(outcome, sys.stdout)
