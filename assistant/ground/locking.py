"""Keeps processes apart by a lock file: one after another, or one alone and the rest told so.

The system lets a lock go with its process, however that ends. The file stays; what it guards is the caller's business.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from assistant.errors import AssistantError


@contextlib.contextmanager
def in_turn(file: Path) -> Iterator[None]:
    """Run the block when no other process is in one of the same lock file; waits for its turn."""
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def alone(file: Path, taken: AssistantError) -> Iterator[None]:
    """Run the block if no other process is in one of the same lock file.

    Raises:
        AssistantError: `taken`, where another is.
        OSError: the file cannot be made.
    """
    with file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise taken from None
        yield
