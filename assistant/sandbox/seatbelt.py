"""macOS's Seatbelt as a wall: a profile that allows what little is needed, and a lane that starts each worker anew.

This has never been run on a Mac: the profile was written from what Apple's own profiles do, and the lane was tried on
Linux without a wall. So it is used only where the self-test, which tries to get out, finds no way; else nothing runs.
What it lacks against Linux: a daemon that leaves its session is killed only when it is seen among the descendants.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from typing import Any

from assistant.sandbox import backends
from assistant.sandbox.lane import Lane, LaneBroken, Worker

_START = "import sys; sys.path.insert(0, sys.argv[2]); from assistant.sandbox.inside.cold import main; main()"
_PROGRAM = "/usr/bin/sandbox-exec"
_SYSTEM = ("/usr/lib", "/System/Library", "/Library/Developer/CommandLineTools", "/private/var/db/dyld", "/usr/share")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


def profile(read: list[str], write: list[str]) -> str:
    """The sandbox profile: everything is denied but reading `read`, using `write`, and forking within the wall."""
    lines = ["(version 1)", "(deny default)", "(allow process-fork)", "(allow process-exec*)"]
    lines += ["(allow signal (target same-sandbox))", "(allow sysctl-read)", "(allow file-read-metadata)"]
    lines += [f"(allow file-read* (literal {_quoted('/')}))"]
    lines += [f"(allow file-read* (subpath {_quoted(path)}))" for path in (*_SYSTEM, *read)]
    lines += [f"(allow file-read* file-write* (literal {_quoted(path)}))" for path in _DEVICES]
    lines += [f"(allow file-read* file-write* (subpath {_quoted(path)}))" for path in write]
    return "\n".join([*lines, "(deny network*)", ""])


def _quoted(path: str) -> str:
    """A path as a string of the profile's language; links are resolved, as the kernel does before it compares."""
    if any(ord(letter) < 32 for letter in path):
        raise backends.Unusable("a path holds control characters")
    return '"' + os.path.realpath(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass(frozen=True)
class Seatbelt:
    """The backend on macOS."""

    name = "seatbelt"
    mode = "cold"
    wall = True
    """Off in tests of the lane, where there is no Seatbelt."""

    def command(self, settings: backends.Settings, folder: str) -> list[str]:
        """The beginning of a worker's command line, whose scratch folder is `folder`.

        Raises:
            Unusable: this is no Mac, or it lacks sandbox-exec.
        """
        if not self.wall:
            return []
        if platform.system() != "Darwin":
            raise backends.Unusable("only on macOS")
        if os.geteuid() == 0:
            raise backends.Unusable("as root its workers would stay root")
        if not shutil.which(_PROGRAM):
            raise backends.Unusable(f"{_PROGRAM} is not there")
        read = [*backends.visible_folders(settings), *settings.libraries, *backends.house_files()]
        return [_PROGRAM, "-p", profile(read, [folder])]


class ColdLane:
    """Has the seams of `lane.Lane`, with a fresh interpreter for each worker; `control` tells of those just started."""

    def __init__(self, backend: Seatbelt, settings: backends.Settings) -> None:
        backend.command(settings, "/")
        self.backend, self.mode = backend, backend.mode
        self._settings = settings
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the lane
        self.control, self._told = socket.socketpair()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._introductions: list[tuple[dict[str, Any], int]] = []
        self._introduce({"ready": True}, -1)

    @property
    def pid(self) -> int:
        """There is no process that lasts; what has ended is waited for here."""
        for process in self._processes:
            process.poll()
        return 0

    def wait_until_ready(self) -> None:
        """Take the first word, as from a nursery."""
        self.receive()

    def receive(self) -> tuple[dict[str, Any], int]:
        """The next introduction: a message, and what becomes readable when that worker is dead."""
        self.control.recv(1)
        return self._introductions.pop(0)

    def ask(self, role: str, message: dict[str, Any], order: dict[str, Any], extra: dict[str, int]) -> Worker:
        """Start a worker; `extra` are further descriptors for it (the caller closes its copies).

        Raises:
            LaneBroken: no process could be started.
        """
        pipes = {name: os.pipe() for name in ("out", "err", "status", "life")}
        ours = {name: pair[0] for name, pair in pipes.items()}
        theirs = {name: pair[1] for name, pair in pipes.items()}
        told = {"role": role, "descriptors": theirs | extra, "limits": message["limits"], "folder": message["folder"]}
        told |= {"processes": message["processes"], "libraries": list(self._settings.library_folders), "order": order}
        wall = self.backend.command(self._settings, message["folder"])
        command = [*wall, backends.interpreter(), "-I", "-S", "-X", "utf8", "-c", _START, "", str(backends.HOUSE)]
        with tempfile.TemporaryFile() as orders:
            orders.write(json.dumps(told).encode())
            orders.seek(0)
            try:
                process = subprocess.Popen(
                    command,
                    env={**backends.ENVIRONMENT, "HOME": message["folder"], "TMPDIR": message["folder"]},
                    cwd=message["folder"],
                    stdin=orders,
                    stdout=self._errors,
                    stderr=self._errors,
                    pass_fds=(*theirs.values(), *extra.values()),
                    start_new_session=True,
                )
            except OSError as error:
                for descriptor in ours.values():
                    os.close(descriptor)
                raise LaneBroken(str(error)) from error
            finally:
                for descriptor in theirs.values():
                    os.close(descriptor)
        self._processes = [*(one for one in self._processes if one.poll() is None), process]
        for name in ("out", "err", "status"):
            os.set_blocking(ours[name], False)
        self._introduce({"worker": message["worker"], "pid": process.pid}, ours["life"])
        return Worker(message["worker"], ours["out"], ours["err"], ours["status"])

    def words(self) -> str:
        """What was written by workers that could not even begin."""
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip().splitlines()
        return said[-1] if said else "it said nothing"

    def close(self) -> None:
        """End every worker that still lives."""
        for process in self._processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        for descriptor in (descriptor for _, descriptor in self._introductions if descriptor >= 0):
            os.close(descriptor)
        self.control.close()
        self._told.close()
        self._errors.close()

    def _introduce(self, message: dict[str, Any], descriptor: int) -> None:
        self._introductions.append((message, descriptor))
        self._told.send(b".")


Backend = backends.Walled | Seatbelt
AnyLane = Lane | ColdLane


def backends_here() -> tuple[Backend, ...]:
    """The backends of this system, in the order in which they are tried."""
    return (Seatbelt(),) if platform.system() == "Darwin" else backends.BACKENDS


def open_lane(backend: Backend, settings: backends.Settings) -> AnyLane:
    """A lane behind this backend."""
    return ColdLane(backend, settings) if isinstance(backend, Seatbelt) else Lane(backend, settings)
