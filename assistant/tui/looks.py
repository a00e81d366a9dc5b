"""Looks at something again and again, without ending a look that is still at it.

An exclusive worker that a timer starts ends the one before; where each takes longer than the timer, on a busy machine,
none would ever come to its end.
"""

from __future__ import annotations

from collections.abc import Callable

from textual.worker import Worker


class Looks:
    """The looks that `begin` starts, each in a worker."""

    def __init__(self, begin: Callable[[], Worker[None]]) -> None:
        self._begin = begin
        self._last: Worker[None] | None = None

    def now(self) -> None:
        """Begin at once: what there is to see has changed."""
        self._last = self._begin()

    def again(self) -> None:
        """Begin another look, if the last one has come to its end."""
        if self._last is None or self._last.is_finished:
            self.now()
