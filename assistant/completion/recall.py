"""Suggestions that were made, found again by the text around the cursor: typing into one costs no model call.

One is known by what stands before and after its place; a cursor further on fits it as long as what was typed since is
how the suggestion begins. Only a window of the text counts, so that large files cost no more.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

_BEFORE, _AFTER = 2000, 1000
"""Characters on either side that must be the same."""


@dataclass(frozen=True)
class _Entry:
    path: str
    before: str
    after: str
    text: str


class RememberedSuggestions:
    """The newest `most` suggestions."""

    def __init__(self, most: int) -> None:
        self._entries: deque[_Entry] = deque(maxlen=most)

    def put(self, path: str, text: str, cursor: int, suggestion: str) -> None:
        """Remember what belongs at `cursor` of `text`; an empty suggestion says that nothing does."""
        entry = _Entry(path, text[max(0, cursor - _BEFORE) : cursor], text[cursor : cursor + _AFTER], suggestion)
        for old in list(self._entries):
            if (old.path, old.before, old.after) == (path, entry.before, entry.after):
                self._entries.remove(old)
        self._entries.append(entry)

    def find(self, path: str, text: str, cursor: int) -> str | None:
        """What is left of a suggestion for this place, the newest first; empty where nothing belongs, None if unknown.

        A suggestion that was typed to its end says nothing about what comes after it.
        """
        after = text[cursor : cursor + _AFTER]
        for entry in reversed(self._entries):
            if entry.path != path or entry.after != after:
                continue
            typed = self._typed(entry, text, cursor)
            if typed is not None and (typed == 0 or typed < len(entry.text)):
                return entry.text[typed:]
        return None

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()

    def _typed(self, entry: _Entry, text: str, cursor: int) -> int | None:
        """How much of the entry's suggestion stands before the cursor; None if the place is another one."""
        start = max(0, cursor - _BEFORE - len(entry.text))
        window = text[start:cursor]
        for typed in range(len(entry.text) + 1):
            if not window.endswith(entry.text[:typed]):
                continue
            before = window[: len(window) - typed]
            # A short `before` is the whole file's beginning, which nothing else may stand in front of.
            if before.endswith(entry.before) and (
                len(entry.before) == _BEFORE or start + len(before) == len(entry.before)
            ):
                return typed
        return None
