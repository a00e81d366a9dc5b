"""One nursery as the launcher sees it: started behind a backend's wall, asked for workers, ended.

A lane serves one piece of work at a time. What its workers do is watched elsewhere; this file only gets them made,
with every descriptor they need, and knows when the wall itself broke.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from typing import Any

from assistant.ground.files import nameless_file
from assistant.sandbox import watch
from assistant.sandbox.backends import ENVIRONMENT, Settings, Walled

_START_SECONDS = 20.0


class LaneBroken(Exception):
    """The nursery is gone or speaks nonsense; the text says why."""


@dataclass
class Worker:
    """One worker: the launcher's ends of its pipes (-1 once closed), and its keeper once it was introduced."""

    number: int
    out: int
    err: int
    status: int
    keeper: int = -1
    """A pidfd; it becomes readable when the keeper, and with it the whole worker, is dead."""
    pid: int = 0
    """The keeper's process id as seen from here."""
    alone: bool = False
    """Whether there is no keeper: then the two above are the worker's own."""
    group: int = 0
    """Its process group, where it is known by that and not by a pidfd."""
    started: float = field(default_factory=time.monotonic)
    report: dict[str, Any] = field(default_factory=dict)

    def kill(self, gently: bool = False) -> None:
        """End the keeper and all that it holds."""
        if self.group:
            for pid in (*watch.family(self.group), -self.group):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
        elif self.keeper >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.keeper, signal.SIGTERM if gently else signal.SIGKILL)

    def close(self) -> None:
        """Close what is still open."""
        for name in ("out", "err", "status", "keeper"):
            descriptor = getattr(self, name)
            if descriptor >= 0:
                os.close(descriptor)
                setattr(self, name, -1)


class Lane:
    """A running nursery. `control` is readable when it has something to say (`receive`)."""

    def __init__(self, backend: Walled, settings: Settings) -> None:
        self.backend = backend
        self.mode = backend.mode
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the lane
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        status_read, status_write = os.pipe()
        self._status = status_read
        self.control = ours
        try:
            command = backend.command(settings, theirs.fileno(), status_write)
            self._process = subprocess.Popen(
                command,
                env={**os.environ, **ENVIRONMENT} if "environment" in settings.without else ENVIRONMENT,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                pass_fds=(theirs.fileno(), status_write),
                start_new_session=True,
            )
        except BaseException:
            os.close(status_read)
            ours.close()
            self._errors.close()
            raise
        finally:
            theirs.close()
            os.close(status_write)

    def wait_until_ready(self) -> None:
        """Wait for the nursery's first word.

        Raises:
            LaneBroken: it ended instead, or took too long.
        """
        self.control.settimeout(_START_SECONDS)
        try:
            first = self.control.recv(4096)
        except OSError as error:
            raise LaneBroken(f"it said nothing for {_START_SECONDS:.0f} s") from error
        if not first:
            raise LaneBroken(self.words())
        self.control.settimeout(None)

    def ask(self, role: str, message: dict[str, Any], order: dict[str, Any], extra: dict[str, int]) -> Worker:
        """Ask for a worker; `extra` are further descriptors for it (the caller closes its copies).

        Raises:
            LaneBroken: the nursery is gone.
        """
        status_read, status_write = os.pipe()
        order_file = _memory_file(json.dumps(order).encode())
        given = str(order.get("stdin", "")).encode(errors="replace")
        input_file = _memory_file(given) if given else os.open(os.devnull, os.O_RDWR)
        fds = {"order": order_file, "input": input_file, "status": status_write}
        out_read = err_read = -1
        if role == "judge":
            # Nobody reads what tests print.
            fds |= {"out": os.dup(input_file), "err": os.dup(input_file)}
        else:
            out_read, fds["out"] = os.pipe()
            err_read, fds["err"] = os.pipe()
        fds |= extra
        for descriptor in (out_read, err_read, status_read):
            if descriptor >= 0:
                os.set_blocking(descriptor, False)
        worker = Worker(message["worker"], out_read, err_read, status_read)
        data = json.dumps({**message, "role": role, "descriptors": list(fds)}).encode()
        try:
            socket.send_fds(self.control, [data], list(fds.values()))
        except OSError as error:
            worker.close()
            raise LaneBroken(self.words()) from error
        finally:
            for name, descriptor in fds.items():
                if name not in extra:
                    os.close(descriptor)
        return worker

    def receive(self) -> tuple[dict[str, Any], int]:
        """What the nursery says: its message, and a pidfd or -1.

        Raises:
            LaneBroken: it is gone.
        """
        try:
            data, fds, _, _ = socket.recv_fds(self.control, 65536, 4)
        except OSError as error:
            raise LaneBroken(self.words()) from error
        if not data:
            raise LaneBroken(self.words())
        return json.loads(data), fds[0] if fds else -1

    def words(self) -> str:
        """Why the nursery ended, in its own or the backend's words."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip().splitlines()
        exit_known = "exit-code" in self._backend_status()
        tail = said[-1] if said else ""
        return (tail or f"it ended with code {self._process.returncode}") + ("" if exit_known else " (no exit code)")

    def close(self) -> None:
        """End the nursery and all that it started."""
        self.control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0.5)
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._status >= 0:
            os.close(self._status)
            self._status = -1
        self._errors.close()

    @property
    def pid(self) -> int:
        """The process that the launcher started for this lane."""
        return self._process.pid

    def _backend_status(self) -> str:
        os.set_blocking(self._status, False)
        with contextlib.suppress(BlockingIOError):
            return os.read(self._status, 65536).decode(errors="replace")
        return ""


def _memory_file(data: bytes) -> int:
    """A descriptor from which `data` can be read."""
    with nameless_file() as file:
        file.write(data)
        file.seek(0)
        return os.dup(file.fileno())
