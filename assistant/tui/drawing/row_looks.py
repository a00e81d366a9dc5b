"""What the rows of a code area depend on, as values: two that are equal need not be drawn twice."""

from __future__ import annotations

from dataclasses import dataclass

from textual.document._document import Location

from assistant.syntax.colouring import Piece
from assistant.tui.drawing.line_painter import Columns, LineLook


@dataclass(frozen=True)
class RowLook:
    """What a row depends on: a line of the text, something drawn over it, or nothing; and the view."""

    what: LineLook | str | None
    scroll: int
    width: int
    gutter: int


@dataclass(frozen=True)
class ViewNow:
    """What is the same for all rows of the view at one moment."""

    top: int
    scroll: int
    width: int
    gutter: int
    selection: tuple[Location, ...]
    """Its two ends in the order of the text."""
    cursor: Location
    drawn_cursor: int
    focused: bool
    brackets: tuple[Location, ...]
    pieces: dict[int, list[Piece]]
    over: dict[int, str]
    suggested: tuple[str, int]


def line_look(line: int, text: str, now: ViewNow, found: tuple[Columns, ...], folded_to: int) -> LineLook:
    """How a line of the text looks now; `folded_to` is the last line that it hides, or itself."""
    (start_row, start), (end_row, end) = now.selection
    selected = None
    if start_row <= line <= end_row and (start_row, start) != (end_row, end):
        selected = (start if line == start_row else 0, end if line == end_row else len(text) + 1)
    here = now.cursor[0] == line
    return LineLook(
        text,
        line + 1,
        tuple(now.pieces.get(line, ())),
        selected,
        found,
        tuple(column for row, column in now.brackets if row == line),
        here and now.focused,
        now.drawn_cursor if here else -1,
        folded_to - line,
        *(now.suggested if here else ("", 0)),
    )
