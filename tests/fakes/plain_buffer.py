"""A text in memory for vim's keys, with typing in insert mode as an editor has it."""

from __future__ import annotations

from assistant.tui.vim.motions import Place
from assistant.tui.vim.vim import Vim


class PlainBuffer:
    """Lines, a cursor, undo of whole steps."""

    def __init__(self, text: str, cursor: Place = (0, 0)) -> None:
        self.lines = text.split("\n")
        self.cursor = cursor
        self.selected: tuple[Place, Place] | None = None
        self._past: list[tuple[list[str], Place]] = []
        self._future: list[tuple[list[str], Place]] = []
        self._fresh = True

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def move(self, place: Place) -> None:
        assert 0 <= place[0] < len(self.lines), place
        assert 0 <= place[1] <= len(self.lines[place[0]]), place
        self.cursor, self.selected = place, None

    def select(self, start: Place, end: Place) -> None:
        self.cursor, self.selected = end, (start, end)

    def replace(self, start: Place, end: Place, text: str) -> None:
        assert (0, 0) <= start <= end <= (len(self.lines) - 1, len(self.lines[-1])), (start, end)
        if self._fresh:
            self._past.append((list(self.lines), self.cursor))
            self._future.clear()
            self._fresh = False
        before, after = self.lines[start[0]][: start[1]], self.lines[end[0]][end[1] :]
        self.lines[start[0] : end[0] + 1] = (before + text + after).split("\n")
        rows = text.split("\n")
        self.cursor = (start[0] + len(rows) - 1, len(rows[-1]) + (start[1] if len(rows) == 1 else 0))

    def begin_step(self) -> None:
        self._fresh = True

    def undo(self) -> None:
        self._turn(self._past, self._future)

    def redo(self) -> None:
        self._turn(self._future, self._past)

    def _turn(self, taken: list[tuple[list[str], Place]], kept: list[tuple[list[str], Place]]) -> None:
        if taken:
            kept.append((list(self.lines), self.cursor))
            self.lines, self.cursor = taken.pop()
            self._fresh = True


class Told:
    """A host that notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def save(self) -> None:
        self.asked.append("save")

    def leave(self) -> None:
        self.asked.append("leave")

    def save_and_leave(self) -> None:
        self.asked.append("save and leave")

    def tell(self, words: str) -> None:
        self.asked.append(words)


_NAMES = {"\x1b": "escape", "\r": "enter", "\x12": "ctrl+r", "\x7f": "backspace"}


def press(vim: Vim, buffer: PlainBuffer, keys: str) -> None:
    """Type `keys`; what vim leaves to the editor in insert mode is typed into the text."""
    for key in keys:
        name = _NAMES.get(key, key)
        if not vim.key(name, None if key in _NAMES else key) and vim.mode == "insert":
            buffer.replace(buffer.cursor, buffer.cursor, "\n" if key == "\r" else key)
