"""How fast a prompt is read and a reply is written, in the line of figures: one way for questions and for changes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.tui.widgets.status_bar import StatusBar

_STEP = 0.2
"""Seconds between two drawings while a reply streams, and the least that a speed is told of."""


class Pace:
    """The figures of one reply, from the reading of its prompt on."""

    def __init__(self, status: StatusBar) -> None:
        self._status = status
        self._reading_since = self._writing_since = self._told_at = 0.0
        self._read_before = self._prompt = 0

    def begin(self) -> None:
        """The prompt is handed over; nothing is known of it yet."""
        self._status.set(doing="reading", done=0, total=0, left_out=0, speed=0.0, prefill_speed=0.0, drafts=None)

    def read(self, done: int, total: int, cached: int) -> None:
        """`done` of `total` tokens of the prompt are read, `cached` of them were known."""
        now = time.monotonic()
        if not self._reading_since or total != self._prompt:
            # One wish may take two prompts: where the change belongs is asked before the change.
            self._reading_since, self._read_before = now, done
        taken = now - self._reading_since
        speed = (done - self._read_before) / taken if taken > _STEP else 0.0
        self._prompt = total
        self._status.set(
            doing="reading", done=done, total=total, cached=cached, context_used=total, prefill_speed=max(0.0, speed)
        )

    def wrote(self, tokens: int, drafted: int, accepted: int) -> None:
        """`tokens` tokens of the reply have come; of `drafted` that were guessed ahead, `accepted` were right."""
        now = time.monotonic()
        first = not self._writing_since
        self._writing_since = self._writing_since or now
        if not first and now - self._told_at < _STEP:
            return
        self._told_at = now
        taken = now - self._writing_since
        self._status.set(
            doing="writing",
            speed=tokens / taken if taken > _STEP else self._status.status.speed,
            context_used=self._prompt + tokens,
            drafts=accepted / drafted if drafted else None,
        )
