"""Which line of a text is seen in which row: folds hide lines, and edits move folds along.

It stands where Textual wraps lines; code is not wrapped, so here a line is one row or none.
"""

from __future__ import annotations

from bisect import bisect_right

from rich.cells import cell_len
from textual._cells import cell_width_to_column_index
from textual.document._document import Location
from textual.document._document_navigator import DocumentNavigator
from textual.document._wrapped_document import WrappedDocument
from textual.geometry import Offset

from assistant.ground.visible import visible_in_place
from assistant.tui.code_text import CodeText


class LineView(WrappedDocument):
    """The rows of a CodeText; lines and rows count from 0."""

    def __init__(self, text: CodeText, tab_width: int = 4) -> None:
        self.document: CodeText = text
        self._tab_width = tab_width
        self._width = 0
        self.folds: dict[int, int] = {}
        """Lines whose followers are hidden, and the last hidden one of each."""
        self._hidden: list[tuple[int, int, int]] = []

    # -- folds

    def fold(self, line: int, last: int) -> None:
        """Hide what follows a line, to `last`."""
        if last > line:
            self.folds[line] = min(last, self.document.line_count - 1)
            self._settle()

    def unfold(self, line: int) -> bool:
        """Show what a line hides; False where it hides nothing."""
        if self.folds.pop(line, None) is None:
            return False
        self._settle()
        return True

    def show(self, line: int) -> bool:
        """Open every fold that hides a line; False where none does."""
        over = [first for first, last in self.folds.items() if first < line <= last]
        for first in over:
            del self.folds[first]
        if over:
            self._settle()
        return bool(over)

    def clear(self) -> None:
        """Open all folds."""
        self.folds = {}
        self._settle()

    def _settle(self) -> None:
        """Each hidden stretch: its first line, its last, and how many lines are hidden up to its end."""
        hidden: list[tuple[int, int, int]] = []
        total = 0
        for line in sorted(self.folds):
            # Folds made of what is not parsed yet may overlap: no line is hidden twice.
            first, last = max(line, hidden[-1][1] if hidden else -1) + 1, self.folds[line]
            if last < first:
                continue
            total += last - first + 1
            hidden.append((first, last, total))
        self._hidden = hidden

    def line_of(self, row: int) -> int | None:
        """The line in a row; None past the end."""
        line = row
        for first, last, _ in self._hidden:
            if line < first:
                break
            line += last - first + 1
        return line if 0 <= line < self.document.line_count else None

    def row_of(self, line: int) -> int:
        """The row of a line; of a hidden one, that of the line that hides it."""
        at = bisect_right(self._hidden, (line, 1 << 60, 0)) - 1
        if at < 0:
            return line
        first, last, total = self._hidden[at]
        return line - total if line > last else first - 1 - (self._hidden[at - 1][2] if at else 0)

    def next_line(self, line: int, step: int) -> int:
        """The visible line above or below."""
        below = self.line_of(self.row_of(line) + step)
        return max(0, min(line + step, self.document.line_count - 1)) if below is None else below

    # -- what TextArea asks of a wrapped document

    def wrap(self, width: int, tab_width: int | None = None) -> None:
        """The width of the view is nothing to lines that are not wrapped."""
        self._tab_width = tab_width or self._tab_width

    def wrap_range(self, start: Location, old_end: Location, new_end: Location) -> None:
        """After an edit: folds below it move along, folds that it touched are opened."""
        if not self.folds:
            return
        top, bottom = sorted((start[0], old_end[0]))
        shift = max(start[0], new_end[0]) - bottom
        kept: dict[int, int] = {}
        for line, last in self.folds.items():
            if last < top or (line >= top and line == bottom == top and not shift):
                kept[line] = last
            elif line > bottom:
                kept[line + shift] = last + shift
        self.folds = {line: last for line, last in kept.items() if last < self.document.line_count}
        self._settle()

    @property
    def wrapped(self) -> bool:
        """Never."""
        return False

    @property
    def lines(self) -> list[list[str]]:
        """Each line as its one section."""
        return [[line] for line in self.document.lines]

    @property
    def height(self) -> int:
        """Rows."""
        return self.document.line_count - (self._hidden[-1][2] if self._hidden else 0)

    def offset_to_location(self, offset: Offset) -> Location:
        """What is drawn at a column and row."""
        x, y = offset
        line = self.line_of(max(0, y))
        line = self.document.line_count - 1 if line is None else line
        return line, self.get_target_document_column(line, x, 0)

    def location_to_offset(self, location: Location) -> Offset:
        """Column and row of a location."""
        line = max(0, min(location[0], self.document.line_count - 1))
        before = visible_in_place(self.document[line][: location[1]])
        return Offset(cell_len(before.expandtabs(self._tab_width)), self.row_of(line))

    def get_target_document_column(self, line_index: int, x_offset: int, y_offset: int) -> int:
        """The character of a line that is drawn at a column."""
        line = visible_in_place(self.document[line_index])
        return cell_width_to_column_index(line, max(0, x_offset), self._tab_width)

    def get_sections(self, line_index: int) -> list[str]:
        """The line."""
        return [visible_in_place(self.document[line_index])]

    def get_offsets(self, line_index: int) -> list[int]:
        """No line is wrapped."""
        return []

    def get_tab_widths(self, line_index: int) -> list[int]:
        """Not needed: tabs are drawn by the editor itself."""
        return []


class LineNavigator(DocumentNavigator):
    """Up and down, over what is folded."""

    def __init__(self, view: LineView) -> None:
        super().__init__(view)
        self._view = view

    def get_location_above(self, location: Location) -> Location:
        """The place above; from the first line, its start."""
        return self._beside(location, -1) if self._view.row_of(location[0]) else (0, 0)

    def get_location_below(self, location: Location) -> Location:
        """The place below; from the last line, its end."""
        if self._view.row_of(location[0]) >= self._view.height - 1:
            return location[0], len(self._view.document[location[0]])
        return self._beside(location, 1)

    def _beside(self, location: Location, step: int) -> Location:
        x = max(self._view.location_to_offset(location).x, self.last_x_offset)
        line = self._view.next_line(location[0], step)
        return line, self._view.get_target_document_column(line, x, 0)
