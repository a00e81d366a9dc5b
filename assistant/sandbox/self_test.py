"""Chooses the backend: starts each in turn, really tries to get out of it, and takes the first that holds.

That a program called bwrap exists proves nothing (it may be a stub, a user namespace may be forbidden); that a canary
could not be read, written, reached or counted from inside does.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assistant.sandbox.api import Attempt, BackendReport
from assistant.sandbox.backends import UNSAFE, Settings, Unusable
from assistant.sandbox.inside import escape
from assistant.sandbox.lane import LaneBroken
from assistant.sandbox.places import place, remove
from assistant.sandbox.running import Running
from assistant.sandbox.seatbelt import AnyLane, Backend, backends_here, open_lane

_MIB = 1024 * 1024
_LIMITS = {
    "seconds": 10.0,
    "memory": 256 * _MIB,
    "processes": 8,
    "open_files": 64,
    "disk": _MIB,
    "output": 65536,
}
_BEYOND = {"processes": 40, "memory": 512 * _MIB, "disk": 4 * _MIB}


def choose(settings: Settings, wanted: list[str]) -> tuple[Backend | None, list[dict[str, Any]]]:
    """The first backend that holds (of those `wanted` by name, all when empty), and what was seen of each tried."""
    if UNSAFE.name in wanted:
        return UNSAFE, [asdict(BackendReport(UNSAFE.name, True, "not tested: no wall was asked for"))]
    reports = []
    for backend in backends_here():
        if wanted and backend.name not in wanted:
            continue
        report = examine(backend, settings)
        reports.append(asdict(report))
        if report.usable:
            return backend, reports
    return None, reports


def examine(backend: Backend, settings: Settings) -> BackendReport:
    """Try to escape from one backend. With a layer switched off (a test does that) nothing is tried."""
    if settings.without:
        return BackendReport(backend.name, True, f"not tested: without {', '.join(sorted(settings.without))}")
    try:
        with _canaries() as targets:
            outcome = _run(backend, Settings(), targets)
    except (Unusable, LaneBroken, OSError) as error:
        return BackendReport(backend.name, False, str(error))
    attempts = tuple(Attempt(name, held, detail) for name, (held, detail) in outcome.items())
    missing = [name for name in escape.ATTEMPTS if name not in outcome]
    holes = [attempt.name for attempt in attempts if not attempt.held]
    if missing:
        return BackendReport(backend.name, False, "its self-test did not finish", attempts)
    if holes:
        return BackendReport(backend.name, False, f"its wall has holes: code could {', '.join(holes)}", attempts)
    return BackendReport(backend.name, True, "", attempts)


@contextlib.contextmanager
def _canaries() -> Iterator[dict[str, Any]]:
    """A secret file that everyone may read, a TCP port and a local socket that answer, and this process to be reached."""
    with tempfile.TemporaryDirectory(prefix="wizard-canary-") as folder, contextlib.ExitStack() as stack:
        Path(folder).chmod(0o777)
        canary = Path(folder) / "canary"
        canary.write_text(secrets.token_hex())
        canary.chmod(0o666)
        port = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        local = stack.enter_context(socket.socket(socket.AF_UNIX))
        local.bind(str(Path(folder) / "socket"))
        local.listen()
        (Path(folder) / "socket").chmod(0o666)
        yield {
            "canary": str(canary),
            "port": port.getsockname()[1],
            "socket": local.getsockname(),
            "launcher": os.getpid(),
            **_BEYOND,
        }


def _run(backend: Backend, settings: Settings, targets: dict[str, Any]) -> dict[str, tuple[bool, str]]:
    source = f"from assistant.sandbox.inside import escape\nescape.main({targets!r})\n"
    job = {"id": 0, "kind": "program", "source": source, "stdin": "", "files": [], "limits": dict(_LIMITS)}
    lane = open_lane(backend, settings)
    folders: list[str] = []
    try:
        lane.wait_until_ready()
        places, folders = place(backend, settings, job, 0, 1)
        result = _finish(lane, Running(lane, job, 0, places))
    finally:
        lane.close()
        remove(folders)
    if result["state"] == "sandbox_error":
        raise LaneBroken(result["detail"])
    try:
        outcome = json.loads(result["stdout"])
    except ValueError:
        raise LaneBroken(
            f"its self-test ended as {result['state']}: {result['detail'] or result['stderr'][-300:]}"
        ) from None
    return {name: (bool(held), str(detail)) for name, (held, detail) in outcome.items()}


def _finish(lane: AnyLane, run: Running) -> dict[str, Any]:
    while not run.done:
        watched = [lane.control.fileno(), *run.waits]
        for descriptor in select.select(watched, [], [], 0.05)[0]:
            if descriptor == lane.control.fileno():
                run.introduced(*lane.receive())
            else:
                run.readable(descriptor, run.waits[descriptor])
        run.tick(time.monotonic())
    return run.result()
