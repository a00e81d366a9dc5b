"""The names of a folder's files, to be found by a few letters; a hundred thousand are listed and searched without a wait.

Listing runs in a thread and what is there so far can be searched; a search gives way to everything else every few
milliseconds. What may be listed is `assistant.context.source_files`' to say.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.context.loose_match import in_order, match
from assistant.context.source_files import iterate_source_files

_FRESH_SECONDS = 30.0
_SLICE = 2_000
_SCORED = 1_500
_BATCH = 500
_SORTED = 10_000


@dataclass(frozen=True)
class Found:
    """A path from the folder, and which of its characters were meant."""

    path: str
    matched: tuple[int, ...]


class PathNames:
    """The names of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: list[tuple[str, str]] = []
        self._listed_at = -_FRESH_SECONDS
        self._thread: threading.Thread | None = None

    @property
    def listing(self) -> bool:
        """Whether more names are still coming."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def count(self) -> int:
        """How many names there are so far."""
        return len(self._names)

    def refresh(self) -> None:
        """Begin to list, unless that was done a moment ago."""
        if not self.listing and time.monotonic() - self._listed_at > _FRESH_SECONDS:
            self._listed_at = time.monotonic()
            self._thread = threading.Thread(target=self._list, daemon=True)
            self._thread.start()

    def _list(self) -> None:
        first = not self._names
        found: list[tuple[str, str]] = []
        for file in iterate_source_files(self._folder, every=True):
            found.append((file.path.lower(), file.path))
            if first and len(found) % _BATCH == 0:
                self._names = found.copy() if len(found) < 10 * _BATCH else found
                # Python would otherwise keep the app waiting for a turn of this thread.
                time.sleep(0.001)
        # Sorting more would hold up the app; the order is nothing to a search.
        self._names = sorted(found) if len(found) <= _SORTED else found

    async def search(self, typed: str, limit: int = 100, recent: Sequence[str] = ()) -> list[Found]:
        """The names that a few letters may mean, best first; nothing typed offers the recent ones, then any."""
        names = self._names
        words = typed.lower().replace(" ", "")
        if not words:
            rest = (path for _, path in names[:limit] if path not in recent)
            return [Found(path, ()) for path in (*recent, *rest)][:limit]
        letters = in_order(words)
        hits: list[tuple[bool, int, str]] = []
        for start in range(0, len(names), _SLICE):
            for low, path in names[start : start + _SLICE]:
                if letters.match(low):
                    hits.append((words not in low.rpartition("/")[2], len(low), path))
            if len(hits) > 4 * _SCORED:
                hits = sorted(hits)[:_SCORED]
            await asyncio.sleep(0)
        hits.sort()
        scored: list[tuple[float, Found]] = []
        for number, (_, _, path) in enumerate(hits[:_SCORED]):
            if (how := match(words, path)) is not None:
                scored.append((how[0] + (0.5 if path in recent else 0.0), Found(path, how[1])))
            if number % 100 == 99:
                await asyncio.sleep(0)
        scored.sort(key=lambda one: (-one[0], one[1].path))
        return [found for _, found in scored[:limit]]
