"""vim on Textual's text area: the buffer that `Vim` works on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from textual.widgets import TextArea
from textual.widgets.text_area import Selection

from assistant.tui.vim.motions import Place


class _Lines(Sequence[str]):
    """A document's lines without the empty one behind the last line feed, which is no line to vim; not a copy of them."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._count = len(lines) - (len(lines) > 1 and not lines[-1])

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...

    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        if isinstance(at, slice):
            return self._lines[: self._count][at]
        if not -self._count <= at < self._count:
            raise IndexError(at)
        return self._lines[at if at >= 0 else at + self._count]


class AreaBuffer:
    """The text of a `TextArea`."""

    def __init__(self, area: TextArea) -> None:
        self._area = area
        self._marks: list[int] = []
        """Lengths of the area's history at which a step of ours began."""
        self._undone: list[int] = []
        """How many of the area's steps each undo took back."""

    @property
    def lines(self) -> Sequence[str]:
        """The document's own lines; no copy, for a motion must not cost the length of the file."""
        return _Lines(self._area.document.lines)

    @property
    def cursor(self) -> Place:
        """Row and column; behind the last line feed the last line counts."""
        row, column = self._area.cursor_location
        last = len(self.lines) - 1
        return (row, column) if row <= last else (last, len(self.lines[last]))

    def move(self, place: Place) -> None:
        """Put the cursor there."""
        self._area.selection = Selection(place, place)
        self._area.scroll_cursor_visible()

    def select(self, start: Place, end: Place) -> None:
        """Select, the cursor at the end."""
        self._area.selection = Selection(start, end)
        self._area.scroll_cursor_visible()

    def replace(self, start: Place, end: Place, text: str) -> None:
        """Change the text."""
        if not self._area.read_only:
            self._area.replace(text, start, end, maintain_selection_offset=False)

    def begin_step(self) -> None:
        """Undo stops here."""
        self._area.history.checkpoint()
        if not self._marks or self._marks[-1] != self._size:
            self._marks.append(self._size)

    @property
    def _size(self) -> int:
        return len(self._area.history.undo_stack)

    def undo(self) -> None:
        """Take the last step back: a change and all that was typed for it, which the area holds as several."""
        size = self._size
        while self._marks and self._marks[-1] >= size:
            self._marks.pop()
        start = self._marks.pop() if self._marks else max(0, size - 1)
        for _ in range(size - start):
            self._area.undo()
        if size > start:
            self._undone = [*self._undone, size - start] if self._area.history.redo_stack else [size - start]

    def redo(self) -> None:
        """Do it again."""
        count = self._undone.pop() if self._undone else 1
        self.begin_step()
        for _ in range(count):
            self._area.redo()
        self.begin_step()
