"""Whether a process is still the one that it was: number, time of its start, and the boot of the machine.

Numbers are given again to other processes, so none is ever signalled by its number alone.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """One process of this machine; `started` is as the system writes it, with the boot that it counts from."""

    number: int
    started: str


def this_process() -> Process:
    """The process that calls this."""
    return Process(os.getpid(), _look(os.getpid())[0])


def is_there(number: int) -> bool:
    """Whether a process of this number runs; one that was killed, and whose parent has not yet asked, does not."""
    return _look(number)[1] not in "ZX"


def state_of(process: Process) -> str:
    """What a process does: "running", "paused", or "gone" (another one may have its number by now)."""
    started, letter = _look(process.number)
    if not started or started != process.started or letter in "ZX":
        return "gone"
    return "paused" if letter in "Tt" else "running"


def signal_group(process: Process, number: signal.Signals) -> bool:
    """Signal the group that the process leads, if it is still there and leads it."""
    try:
        if state_of(process) == "gone" or os.getpgid(process.number) != process.number:
            return False
        os.killpg(process.number, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def signal_tree(number: int, what: signal.Signals) -> int:
    """Signal a process that is our child, and all that it has started; returns how many were reached.

    Parents first, and then once more, so that none that is born meanwhile is passed over.
    """
    reached: set[int] = set()
    for _ in range(2):
        for one in (number, *_descendants(number)):
            if one > 1 and one not in reached:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(one, what)
                    reached.add(one)
    return len(reached)


def _descendants(number: int) -> list[int]:
    """The processes below a process, nearer ones first."""
    children: dict[int, list[int]] = {}
    for pid, parent in _parents():
        children.setdefault(parent, []).append(pid)
    found, waiting = [], [number]
    while waiting:
        waiting = [child for one in waiting for child in children.get(one, [])]
        found += waiting
    return found


def _parents() -> Iterator[tuple[int, int]]:
    """Each process of this machine, with its parent."""
    if not Path("/proc/self/stat").exists():
        said = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=False).stdout
        yield from ((int(pid), int(parent)) for pid, parent in map(str.split, said.splitlines()))
        return
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                text = (place / "stat").read_text(encoding="utf-8", errors="replace")
                yield int(place.name), int(text.rpartition(")")[2].split()[1])


def _look(number: int) -> tuple[str, str]:
    """When a process began and the letter of its state; empty where there is none."""
    if number <= 1:
        return "", "X"
    if Path("/proc/self/stat").exists():
        try:
            text = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        except OSError:
            return "", "X"
        # The second field is the name in brackets, which may hold anything.
        fields = text.rpartition(")")[2].split()
        return f"{fields[19]} {boot}", fields[0]
    said = subprocess.run(
        ["ps", "-o", "state=,lstart=", "-p", str(number)], capture_output=True, text=True, check=False
    ).stdout.split(maxsplit=1)
    return (said[1].strip(), said[0][0]) if len(said) == 2 else ("", "X")
