"""Keeps two runs from working in the same folder at once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from assistant.errors import cause_of
from assistant.ground.locking import alone
from trainer.errors import TrainerError


@contextlib.contextmanager
def only_run_in(folder: Path) -> Iterator[None]:
    """Make the folder and hold it for this process; the lock goes with the process, however it ends.

    Raises:
        TrainerError: it cannot be made, or another run is at work in it.
    """
    taken = TrainerError(f"cannot use {folder}", "another run is at work in it", "wait for it, or another --out")
    with contextlib.ExitStack() as held:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            held.enter_context(alone(folder / ".lock", taken))
        except OSError as error:
            raise TrainerError(f"cannot write to {folder}", cause_of(error), "another --out") from error
        yield
