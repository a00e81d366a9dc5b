"""Keeps two runs from working in the same folder at once."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trainer.errors import TrainerError


@contextmanager
def only_run_in(folder: Path) -> Iterator[None]:
    """Make the folder and hold it for this process; the lock goes with the process, however it ends.

    Raises:
        TrainerError: it cannot be made, or another run is at work in it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    except OSError as error:
        raise TrainerError(
            f"cannot write to {folder}", (error.strerror or str(error)).lower(), "another --out"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise TrainerError(
                f"cannot use {folder}", "another run is at work in it", "wait for it, or another --out"
            ) from None
        yield
