"""Forks one single-use worker per order: a Python that is already warm, so a worker costs milliseconds.

The nursery runs behind the backend's wall and never runs foreign code; it reads orders from the launcher only. A worker
is two processes: a keeper (the first process of a pid namespace of its own, which reports the exit code and with which
everything else dies) and the process that gives up its rights and then does its work. The two workers of a trial do
without a keeper where the nursery is their parent: each is the first process of its namespace itself, and the nursery
reports how it ended, for a trial costs mostly what its forks cost.
"""

from __future__ import annotations

import array
import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
from typing import Any, NoReturn

from assistant.sandbox.inside import candidate, confine, judge, program
from assistant.sandbox.inside.leaving import end_with, leave
from assistant.sandbox.inside.rehearsal import rehearse

# What most small programs import, loaded once here instead of once per worker. Each shared library among them makes every
# fork dearer, and some modules run code of their own after it (threading, random): those that few programs want are left out.
WARM = """
    abc collections copy enum functools io itertools linecache math operator re string struct textwrap time typing
"""
ROLES = {"candidate": candidate.serve, "judge": judge.serve, "program": program.run, "command": program.execute}

_Fds = dict[str, int]
_LONGEST_ORDER = 1 << 20
_children: dict[int, tuple[int, int]] = {}
"""By pidfd, the children that live: process id, and where the end of one without a keeper is to be reported (or -1)."""


def main() -> None:
    """Serve orders until the launcher goes away. The set-up is JSON in argv[1]; the control socket is among it."""
    setup = json.loads(sys.argv[1])
    control = socket.socket(fileno=setup["control"])
    sys.path.extend(setup["libraries"])
    for name in WARM.split():
        __import__(name)
    rehearse()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    confine.die_with_parent(signal.SIGKILL)
    if "privileges" not in setup["without"]:
        confine.drop_bounding_set()
    setup["seccomp"] = bytes.fromhex(setup["seccomp"])
    setup["home"] = _way_back(setup)
    gc.collect()
    gc.freeze()
    control.send(b'{"ready": true}')
    while True:
        # Children are taken leave of between orders only, so no signal has to tell of their end.
        poll = select.poll()
        for descriptor in (control.fileno(), *_children):
            poll.register(descriptor, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll()}
        for descriptor in ready & _children.keys():
            _take_leave(descriptor)
        if control.fileno() not in ready:
            continue
        data, ancillary, _, _ = control.recvmsg(65536, socket.CMSG_SPACE(4 * 16))
        if not data:
            return
        message = json.loads(data)
        fds = dict(zip(message["descriptors"], _descriptors(ancillary), strict=True))
        _fork(setup, message, fds, control)
        reported = {descriptor for _, descriptor in _children.values()}
        for descriptor in fds.values():
            if descriptor not in reported:
                os.close(descriptor)


def _descriptors(ancillary: list[tuple[int, int, bytes]]) -> list[int]:
    numbers = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            numbers.frombytes(data[: len(data) - len(data) % numbers.itemsize])
    return list(numbers)


def _fork(setup: dict[str, Any], message: dict[str, Any], fds: _Fds, control: socket.socket) -> None:
    """Start a worker and hand the launcher a descriptor of its keeper, or say why there is none."""
    try:
        if not _own_processes(setup, message):
            _start_keeper(setup, message, fds, control)
        elif setup["home"] >= 0:
            confine.unshare(confine.CLONE_NEWPID)
            _start_keeper(setup, message, fds, control)
            confine.enter(setup["home"], confine.CLONE_NEWPID)
        else:
            # Whoever may not come back from a new namespace sends a child there, which is gone at once.
            between = os.fork()
            if between == 0:
                with contextlib.suppress(BaseException):
                    _start_between(setup, message, fds, control)
                os._exit(0)
            os.waitpid(between, 0)
    except OSError as error:
        control.send(json.dumps({"worker": message["worker"], "error": str(error)}).encode())


def _start_between(setup: dict[str, Any], message: dict[str, Any], fds: _Fds, control: socket.socket) -> None:
    try:
        confine.unshare(confine.CLONE_NEWPID)
        _start_keeper(setup, message, fds, control)
    except OSError as error:
        control.send(json.dumps({"worker": message["worker"], "error": str(error)}).encode())


def _start_keeper(setup: dict[str, Any], message: dict[str, Any], fds: _Fds, control: socket.socket) -> None:
    alone = _without_keeper(setup, message)
    first = os.fork()
    if first == 0:
        _alone(setup, message, fds) if alone else _keep(setup, message, fds)
    descriptor = os.pidfd_open(first)
    _children[descriptor] = (first, fds["status"] if alone else -1)
    introduction = json.dumps({"worker": message["worker"], "alone": alone}).encode()
    socket.send_fds(control, [introduction], [descriptor])


def _without_keeper(setup: dict[str, Any], message: dict[str, Any]) -> bool:
    """Whether the worker is the first process of its namespace: a program's would lose what signals mean to it."""
    apart = setup["mode"] == "namespaces" and "processes" not in setup["without"]
    return apart and setup["home"] >= 0 and message["role"] in ("candidate", "judge")


def _take_leave(descriptor: int) -> None:
    """Take leave of a child that has ended; a keeper has reported for itself."""
    pid, report = _children.pop(descriptor)
    os.close(descriptor)
    _, status, usage = os.wait4(pid, 0)
    if report >= 0:
        os.write(report, json.dumps(ended(status, usage)).encode())
        os.close(report)


def ended(status: int, usage: Any) -> dict[str, Any]:
    """How a process ended, as it is reported: exit code, seconds of processor time, bytes of memory."""
    code = os.waitstatus_to_exitcode(status)
    return {"exit": code, "cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss * 1024}


def _own_processes(setup: dict[str, Any], message: dict[str, Any]) -> bool:
    """Whether the worker gets a pid namespace: where it costs a process more, the tests do without one."""
    apart = setup["mode"] == "namespaces" and "processes" not in setup["without"]
    return apart and (message["role"] != "judge" or _without_keeper(setup, message))


def _way_back(setup: dict[str, Any]) -> int:
    """A descriptor of this pid namespace if one may return to it (as root), else -1."""
    if setup["mode"] != "namespaces":
        return -1
    home = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    try:
        confine.enter(home, confine.CLONE_NEWPID)
    except OSError:
        os.close(home)
        return -1
    return home


def _keep(setup: dict[str, Any], message: dict[str, Any], fds: _Fds) -> NoReturn:
    """The keeper: confine, fork the worker proper, wait for its end, report it, and take everything else along."""
    status = fds["status"]
    try:
        close_all_but(fds)
        os.setsid()
        _wall(setup, message)
        worker = os.fork()
        if worker == 0:
            _work(setup, message, fds)
        for name, descriptor in fds.items():
            if name != "status":
                os.close(descriptor)
        if setup["mode"] == "landlock":
            signal.signal(signal.SIGTERM, lambda *_: leave(alone=True))
        report = _wait(worker)
    except BaseException as error:
        report = {"error": f"{type(error).__name__}: {error}"}
    os.write(status, json.dumps(report).encode())
    leave(alone=not _own_processes(setup, message) and not {"reaper", "processes"} & set(setup["without"]))


def _alone(setup: dict[str, Any], message: dict[str, Any], fds: _Fds) -> NoReturn:
    """The worker without a keeper: confine, then work. What goes wrong before is told as an error, not as an end."""
    try:
        os.setsid()
        _wall(setup, message)
    except BaseException as error:
        os.write(fds["status"], json.dumps({"error": f"{type(error).__name__}: {error}"}).encode())
        os._exit(70)
    _work(setup, message, fds)


def _wall(setup: dict[str, Any], message: dict[str, Any]) -> None:
    """The layers that keeper and worker share."""
    without, uid = setup["without"], int(message.get("uid", 0))
    if setup["mode"] == "namespaces":
        # The tests write nothing, and private mounts are the dearest part of a worker.
        if "scratch" not in without and message["role"] != "judge":
            confine.private_mounts(setup["scratch"], message["limits"]["disk"])
        if not _own_processes(setup, message):
            confine.adopt_orphans()
        if "project" in message:
            program.copy_project(message["project"], setup["scratch"])
    else:
        confine.adopt_orphans()
        confine.die_with_parent(signal.SIGTERM)
    os.chdir(message.get("folder", setup["scratch"]))
    if "privileges" not in without:
        if uid:
            confine.drop_user(uid)
        confine.drop_capabilities()
        confine.no_new_privileges()
    confine.hide_from_same_user(True)


def _work(setup: dict[str, Any], message: dict[str, Any], fds: _Fds) -> NoReturn:
    """The worker proper: the last layers, then its role. Never returns into the nursery's loop."""
    end_with(lambda: ROLES[message["role"]](_confined(setup, message, fds), fds))


def _confined(setup: dict[str, Any], message: dict[str, Any], fds: _Fds) -> dict[str, Any]:
    """Put up the last layers and leave in `fds` what the role needs; the order."""
    without = setup["without"]
    if "status" in fds:
        os.close(fds.pop("status"))
    os.dup2(fds.pop("input"), 0)
    os.dup2(fds.pop("out"), 1)
    os.dup2(fds.pop("err"), 2)
    order = _read_order(fds.pop("order"))
    confine.hide_from_same_user(False)
    if not _own_processes(setup, message):
        confine.die_with_parent(signal.SIGKILL)
    if "limits" not in without:
        confine.limit(message["limits"], message["processes"])
    if setup["mode"] == "landlock":
        os.environ["HOME"] = os.environ["TMPDIR"] = message["folder"]
    if setup["mode"] == "landlock" and "files" not in without:
        confine.restrict_files(setup["read"], setup["listed"], [message["folder"], *setup["devices"]])
    if "seccomp" not in without:
        confine.filter_system_calls(setup["seccomp"])
    close_all_but(fds)
    return order


def _read_order(descriptor: int) -> dict[str, Any]:
    parts = []
    while part := os.read(descriptor, _LONGEST_ORDER):
        parts.append(part)
    order: dict[str, Any] = json.loads(b"".join(parts))
    return order


def close_all_but(fds: _Fds) -> None:
    """Close everything but the standard streams and these."""
    kept = sorted({0, 1, 2, *fds.values()})
    for low, high in zip(kept, [*kept[1:], 4096], strict=True):
        os.closerange(low + 1, high)


def _wait(worker: int) -> dict[str, Any]:
    while True:
        pid, status, usage = os.wait4(-1, 0)
        if pid == worker:
            return ended(status, usage)


if __name__ == "__main__":
    main()
