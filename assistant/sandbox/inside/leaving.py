"""How a keeper ends where no pid namespace takes everything else along: it kills what its worker has left behind.

Orphans come to the keeper, so all of them are its descendants; they are stopped first, so that none starts another.
"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import NoReturn


def leave(alone: bool) -> NoReturn:
    """End this process; without a pid namespace (`alone`), kill what the worker left behind first."""
    while alone and (family := _stopped()):
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
    os._exit(0)


def _stopped() -> set[int]:
    """All descendants of this process (orphans come here), stopped: what is stopped starts nothing more."""
    stopped: set[int] = set()
    while new := _descendants() - stopped:
        for pid in new:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        stopped |= new
    return stopped


def _descendants() -> set[int]:
    found: set[int] = set()
    waiting = [os.getpid()]
    while waiting:
        for path in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                children = [int(word) for word in path.read_text().split()]
                found.update(children)
                waiting += children
    return found
