"""What the launcher can see of a worker from outside, through /proc: memory, time on a core, what was left running.

Nothing here believes what a worker says about itself, and nothing here acts.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

_PROC = Path("/proc/self").exists()
_LONGEST_PATH = 1024
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def _table() -> dict[int, tuple[int, int]]:
    """Every process's parent and bytes of memory, where there is no /proc."""
    rows = subprocess.run(["/bin/ps", "-axo", "pid=,ppid=,rss="], capture_output=True, text=True, check=False).stdout
    fields = [[int(word) for word in row.split()] for row in rows.splitlines()]
    return {pid: (parent, kilobytes * 1024) for pid, parent, kilobytes in fields}


def read(path: str) -> bytes:
    """A small file whole: three system calls where an open file of Python's makes eight, some forty times a program."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, 1 << 20)
    finally:
        os.close(descriptor)


def children(pid: int) -> list[int]:
    """The children of a process (of its first thread), oldest first."""
    if not _PROC:
        return [child for child, (parent, _) in _table().items() if parent == pid]
    try:
        return [int(word) for word in read(f"/proc/{pid}/task/{pid}/children").split()]
    except OSError:
        return []


def family(pid: int) -> list[int]:
    """A process and all its descendants, children of its threads included."""
    found, waiting = [], [pid]
    table = {} if _PROC else _table()
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += [child for child, (parent, _) in table.items() if parent == one]
        with contextlib.suppress(OSError):
            for task in os.scandir(f"/proc/{one}/task"):
                waiting.extend(int(word) for word in read(f"{task.path}/children").split())
    return found


def memory(pids: list[int]) -> int:
    """Bytes of memory that these processes hold, each counted for itself."""
    if not _PROC:
        table = _table()
        return sum(table[pid][1] for pid in pids if pid in table)
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError, IndexError):
            total += int(read(f"/proc/{pid}/statm").split()[1]) * _PAGE
    return total


def waited(pid: int) -> float:
    """Seconds that a process was ready to run and no core was free."""
    try:
        return int(read(f"/proc/{pid}/schedstat").split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


def left_running(pid: int, alone: bool) -> str:
    """What the candidate has running besides its main thread, in words; empty when there is nothing.

    Args:
        pid: the candidate (`alone`), or its keeper, to whom its orphans come.
    """
    held = [pid] if alone else children(pid)
    if not held:
        return ""
    if not _PROC:
        count = len(held[1:]) + len(family(held[0])[1:])
        return f"{count} process(es)" if count else ""
    try:
        threads = len(list(os.scandir(f"/proc/{held[0]}/task"))) - 1
    except OSError:
        return ""
    others = [one for one in held[1:] + family(held[0])[1:] if not _harmless(one)]
    words = [f"{threads} thread(s)"] if threads > 0 else []
    words += [f"{len(others)} process(es)"] if others else []
    return " and ".join(words)


def folder_use(folder: str, most: int) -> tuple[int, int]:
    """Bytes and entries in a folder; counting stops beyond `most` entries.

    What cannot be looked into, or lies so deep that looking takes long, counts as more than that.
    """
    size = entries = 0
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        if len(path) > _LONGEST_PATH:
            return size, most + 1
        try:
            with os.scandir(path) as found:
                for entry in found:
                    entries += 1
                    if entries > most:
                        return size, entries
                    with contextlib.suppress(FileNotFoundError):
                        size += entry.stat(follow_symlinks=False).st_blocks * 512
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(entry.path)
        except FileNotFoundError:
            continue
        except OSError:
            return size, most + 1
    return size, entries


def processes_of_user(uid: int) -> int:
    """How many threads the user has, which is what the kernel counts for RLIMIT_NPROC."""
    if not _PROC:
        rows = subprocess.run(["/bin/ps", "-axo", "uid="], capture_output=True, text=True, check=False).stdout
        return rows.split().count(str(uid))
    count = 0
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and entry.stat().st_uid == uid:
                count += len(list((entry / "task").iterdir()))
    return count


def _harmless(pid: int) -> bool:
    """Python's own resource tracker, which multiprocessing leaves behind; it dies with the rest."""
    try:
        return b"multiprocessing.resource_tracker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return True
