"""How a worker and its keeper end: with an exit code whatever happened, and, where no namespace does it, killing what is left.

Orphans come to the keeper, so all of them are its descendants; they are stopped first, so that none starts another.
"""

from __future__ import annotations

import contextlib
import glob
import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn


def end_with(work: Callable[[], int]) -> NoReturn:
    """Do `work` and end this process with the exit code that it returns: nothing it raises comes further than this."""
    code = 70
    try:
        code = work()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(BaseException):
                stream.flush()
        os._exit(code & 255)


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
        for path in glob.glob(f"/proc/{waiting.pop()}/task/*/children"):
            with contextlib.suppress(OSError), open(path, "rb") as stream:
                children = [int(word) for word in stream.read().split()]
                found.update(children)
                waiting += children
    return found
