"""The text of an open file as lines that are typed into, and its one syntax tree, which every edit moves along.

Textual's own document would split lines at more than line feeds, parse a second time, and measure every line at each
key. This draws nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from rich.cells import cell_len
from textual.document._document import Document as AreaDocument
from textual.document._document import EditResult, Location
from textual.geometry import Size

from assistant.ground.visible import visible_in_place
from assistant.session.files.large_file import LargeLines
from assistant.syntax.colouring import Piece, colours
from assistant.syntax.document import Document
from assistant.syntax.languages import Language
from assistant.syntax.many_selections import Change
from assistant.tui.drawing.moved_colours import moved

LARGEST_PARSED = 3_000_000
"""Characters from which a text is plain: parsing it would be felt at each key."""

_BRACKETS = {"(": ")", "[": "]", "{": "}"}
_CLOSING = {closing: opening for opening, closing in _BRACKETS.items()}
_NEAR = 5_000
"""Characters within which a bracket's other half is looked for."""
_MOST_APART = 8
"""Changes made at once from which the tree is told of the stretch that they lie in instead."""
_LARGE_WIDTH = 2_000
"""Columns that a large file is taken to have; its lines are not measured."""


class CodeText(AreaDocument):
    """The document of a CodeEditor. Locations are (row, column) in characters; only a line feed ends a line."""

    def __init__(self, text: str | LargeLines, language: Language | None) -> None:
        self._newline = "\n"
        # Lines of a large file are only read, so that a sequence will do for them.
        self._lines: list[str] = text.split("\n") if isinstance(text, str) else cast("list[str]", text)
        self.large = not isinstance(text, str)
        self._language = language if isinstance(text, str) and len(text) <= LARGEST_PARSED else None
        self._parsed: Document | None = None
        self._pending: list[tuple[int, int, str]] = []
        """Changes that `_parsed` does not know yet: characters from and to, and what stands there now."""
        self._near = (0, 0)
        self._coloured: tuple[int, int, int, dict[int, list[Piece]]] = (-1, 0, 0, {})
        self._width = 0
        self._indent = 0
        self.revision = 0
        """Grows with each change."""

    @property
    def language(self) -> Language | None:
        """What the tree is of; None for plain text."""
        return self._language

    @property
    def parsed(self) -> Document:
        """The text with its tree."""
        if self._parsed is None:
            self._parsed = Document("" if self.large else self.text, self._language)
        for start, end, text in self._pending:
            self._parsed = self._parsed.edit(start, end, text)
        self._pending.clear()
        return self._parsed

    def replace_range(self, start: Location, end: Location, text: str) -> EditResult:
        """Put `text` in the place of what stands from `start` to `end`."""
        (row, column), (last, last_column) = sorted((self._held(start), self._held(end)))
        replaced = self.get_text_range((row, column), (last, last_column))
        at = self.offset((row, column))
        if self._language is None:
            self._parsed = None
        elif self._parsed is not None:
            # A key is drawn first: what it costs to put a whole text together anew comes after that.
            self._pending.append((at, at + len(replaced), text))
        new = (self._lines[row][:column] + text + self._lines[last][last_column:]).split("\n")
        self._lines[row : last + 1] = new
        self._near = (row, at - column)
        self.revision += 1
        if self._indent:
            self._width = max(self._width, *(width_of(line, self._indent) for line in new))
        breaks = text.count("\n")
        end_column = len(text) - text.rfind("\n") - 1 if breaks else column + len(text)
        new_end = (row + breaks, end_column)
        self._move_colours((row, column), (last, last_column), new_end)
        return EditResult(new_end, replaced)

    def _move_colours(self, start: Location, end: Location, new_end: Location) -> None:
        revision, first, last, found = self._coloured
        shift = new_end[0] - end[0]
        if revision != self.revision - 1:
            return
        if start[0] >= last:
            self._coloured = (self.revision, first, last, found)
        elif end[0] < first:
            above = {row + shift: pieces for row, pieces in found.items()} if shift else found
            self._coloured = (self.revision, first + shift, last + shift, above)
        elif first <= start[0] <= end[0] < last:
            self._coloured = (self.revision, first, last + shift, moved(found, start, end, new_end))

    def replace_each(self, changes: Sequence[Change]) -> tuple[list[str], list[tuple[Location, Location, Location]]]:
        """Make settled changes: what stood in the place of each, and from where to where it stood and its text ends then.

        The places are in the order in which they were made, the last of the text first.
        """
        ends = [(self.location(one.start), self.location(one.end)) for one in changes]
        replaced: list[str] = []
        places = []
        for (start, end), change in zip(reversed(ends), reversed(changes), strict=True):
            done = self.replace_range(start, end, change.text)
            replaced.append(done.replaced_text)
            places.append((start, end, done.end_location))
        self._join_pending(len(changes))
        return replaced[::-1], places

    def _join_pending(self, count: int) -> None:
        """The last `count` changes, each before the one made before it, as one where they are many: each costs the tree the whole text."""
        last = self._pending[-count:]
        if len(last) < max(count, _MOST_APART):
            return
        start, end = last[-1][0], last[0][1]
        grown = sum(len(text) - (to - at) for at, to, text in last)
        self._pending[-count:] = [(start, end, self.get_text_range(self.location(start), self.location(end + grown)))]

    def _held(self, location: Location) -> Location:
        row = max(0, min(location[0], len(self._lines) - 1))
        return row, max(0, min(location[1], len(self._lines[row])))

    def get_size(self, tab_width: int) -> Size:
        """Columns (the widest line there has been) and rows."""
        if self.large:
            return Size(_LARGE_WIDTH, len(self._lines))
        if self._indent != tab_width:
            self._indent = tab_width
            self._width = max(width_of(line, tab_width) for line in self._lines)
        return Size(self._width, len(self._lines))

    def offset(self, location: Location) -> int:
        """The character of the text at a location."""
        row, column = location
        if self.large:
            return 0
        near, at = self._near
        if abs(row - near) > row:
            near, at = 0, 0
        if row >= near:
            at += sum(map(len, self._lines[near:row])) + row - near
        else:
            at -= sum(map(len, self._lines[row:near])) + near - row
        self._near = (row, at)
        return at + column

    def location(self, offset: int) -> Location:
        """Where a character of the text stands; past the end, the end."""
        row, at = self._near if self._near[1] <= offset else (0, 0)
        lines, last = self._lines, len(self._lines) - 1
        while row < last and at + len(lines[row]) < offset:
            at += len(lines[row]) + 1
            row += 1
        self._near = (row, at)
        return row, max(0, min(offset - at, len(lines[row])))

    def is_behind(self) -> bool:
        """Whether there are changes that are not parsed yet."""
        return bool(self._pending) or (
            self._parsed is not None and self._language is not None and "quick_tree" not in self._parsed.__dict__
        )

    def catch_up(self, seconds: float) -> bool:
        """Parse what was put off, for so long; False while there is more to do."""
        if self.is_behind():
            self.parsed.tree_soon(seconds)
            if self.is_behind():
                return False
            self._coloured = (-1, 0, 0, {})
        return True

    def other_bracket(self, bracket: str, start: Location) -> Location | None:
        """Where the other half of the bracket at `start` stands; None where it is none, or the half is far."""
        step = 1 if bracket in _BRACKETS else -1
        other = _BRACKETS.get(bracket) or _CLOSING.get(bracket)
        if other is None:
            return None
        (row, column), depth, left = start, 0, _NEAR
        while 0 <= row < len(self._lines) and left:
            line = self._lines[row]
            while 0 <= column < len(line) and left:
                depth += (line[column] == bracket) - (line[column] == other)
                if not depth:
                    return row, column
                column, left = column + step, left - 1
            row, left = row + step, left - 1 if left else 0
            column = 0 if step > 0 or not 0 <= row < len(self._lines) else len(self._lines[row]) - 1
        return None

    def colours(self, first: int, last: int) -> dict[int, list[Piece]]:
        """The pieces of lines `first` to `last` (not included), by the tree there is; `catch_up` brings it up to date."""
        if self._language is None:
            return {}
        revision, known_first, known_last, found = self._coloured
        if revision != self.revision or first < known_first or last > known_last:
            found = colours(self.parsed, first, last, 0.0)
            self._coloured = (self.revision, first, last, found)
        return found


def width_of(line: str, tab: int) -> int:
    """Cells of a line as it is drawn."""
    if line.isascii() and "\t" not in line:
        return len(line)
    return cell_len(visible_in_place(line).expandtabs(tab))
