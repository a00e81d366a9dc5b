"""The symbols of a whole folder, to be found by a few letters: read in a thread, searched without holding anybody up.

What the symbols are, `assistant.context.index` says; it keeps them on disk, so only the first look at a folder is slow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from assistant.context.index import Index
from assistant.context.loose_match import in_order, match
from assistant.errors import AssistantError

_SLICE = 2_000
_SCORED = 1_000


@dataclass(frozen=True)
class FoundSymbol:
    """A symbol of the folder: the file, its qualified name, kind and first line (from 1), and the letters meant."""

    path: str
    name: str
    kind: str
    line: int
    score: float
    matched: tuple[int, ...]


class SymbolNames:
    """The symbols of one folder.

    Args:
        read: reads the folder's names; called in a thread.
    """

    def __init__(self, read: Callable[[], Index]) -> None:
        self._read = read
        self._rows: list[tuple[str, str, str, str, int]] = []
        """Name in small letters, path, qualified name, kind, line."""
        self._of: Index | None = None
        self._reading: asyncio.Task[None] | None = None
        self.problem = ""
        """Why nothing could be read."""

    @property
    def reading(self) -> bool:
        """Whether the folder is being read."""
        return self._reading is not None and not self._reading.done()

    @property
    def count(self) -> int:
        """How many symbols are known."""
        return len(self._rows)

    def refresh(self) -> None:
        """Begin to read the folder; what was read before can be searched meanwhile."""
        if not self.reading:
            self._reading = asyncio.create_task(self._refresh())

    async def _refresh(self) -> None:
        try:
            index, rows = await asyncio.to_thread(self._look)
        except AssistantError as error:
            self.problem = error.sentence()
            return
        self._of, self._rows, self.problem = index, rows, ""

    def _look(self) -> tuple[Index, list[tuple[str, str, str, str, int]]]:
        index = self._read()
        if index is self._of:
            return index, self._rows
        return index, [
            (one.qualified_name.lower(), path, one.qualified_name, one.kind, one.start_line)
            for path, names in index.files.items()
            for one in names.definitions
            if one.kind != "variable"
        ]

    async def search(self, typed: str, limit: int = 100, but: str = "") -> list[FoundSymbol]:
        """The symbols that a few letters may mean, best first; `but` names a file that is left out."""
        words = typed.lower().replace(" ", "")
        rows = self._rows
        letters = in_order(words)
        hits: list[tuple[bool, int, int]] = []
        for start in range(0, len(rows), _SLICE):
            for number, (low, path, *_) in enumerate(rows[start : start + _SLICE], start):
                if path != but and letters.match(low):
                    hits.append((words not in low, len(low), number))
            if len(hits) > 4 * _SCORED:
                hits = sorted(hits)[:_SCORED]
            await asyncio.sleep(0)
        found: list[FoundSymbol] = []
        for count, (_, _, number) in enumerate(sorted(hits)[:_SCORED]):
            _, path, name, kind, line = rows[number]
            if (how := match(words, name)) is not None:
                found.append(FoundSymbol(path, name, kind, line, *how))
            if count % 100 == 99:
                await asyncio.sleep(0)
        # Who types a whole name means it, wherever it is a part of.
        found.sort(key=lambda one: (one.name.lower().rpartition(".")[2] != words, -one.score, one.path, one.line))
        return found[:limit]
