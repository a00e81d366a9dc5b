"""A child process that ends with its parent, however the parent ends. Nothing is left running behind the app."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent is gone (Linux); elsewhere the closed pipe has to do."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    parent = os.environ.get("WIZARD_PARENT")
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # The parent may have gone between our birth and the line above; then there is nobody to work for.
    if parent is not None and os.getppid() != int(parent):
        os._exit(0)


def child_environment(**extra: str) -> dict[str, str]:
    """The environment for a child that calls `die_with_parent`: this one's, who the parent is, and `extra`."""
    return os.environ | {"WIZARD_PARENT": str(os.getpid()), "PYTHONUNBUFFERED": "1"} | extra


@contextlib.contextmanager
def ending(child: subprocess.Popen[bytes], grace: float, wake: Callable[[], object] = lambda: None) -> Iterator[None]:
    """However the block ends, so does the child: asked first, made to after `grace` seconds. SIGTERM counts as Ctrl+C here.

    Args:
        wake: called after the child was asked, for one that may be resting.
    """

    def stop(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    ours = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, stop) if ours else None
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGTERM, before)
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            wake()
            try:
                child.wait(grace)
            except (subprocess.TimeoutExpired, KeyboardInterrupt):
                child.kill()
                child.wait()
