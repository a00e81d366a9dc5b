"""What the rows of a code area depend on, as values: two that are equal need not be drawn twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.document._document import Location
from textual.widgets.text_area import Selection as AreaSelection

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
    further: tuple[AreaSelection, ...] = ()
    """Further selections, those in view, in the order of the text."""


def line_look(line: int, text: str, now: ViewNow, found: tuple[Columns, ...], folded_to: int) -> LineLook:
    """How a line of the text looks now; `folded_to` is the last line that it hides, or itself."""
    selected = [_selected(line, text, now.selection)]
    further: tuple[int, ...] = ()
    if now.further:
        selected += [_selected(line, text, sorted(one)) for one in now.further]
        further = tuple(one.end[1] for one in now.further if one.end[0] == line) if now.focused else ()
    here = now.cursor[0] == line
    return LineLook(
        text,
        line + 1,
        tuple(now.pieces.get(line, ())),
        tuple(columns for columns in selected if columns),
        found,
        tuple(column for row, column in now.brackets if row == line),
        here and now.focused,
        now.drawn_cursor if here else -1,
        further,
        folded_to - line,
        *(now.suggested if here else ("", 0)),
    )


def _selected(line: int, text: str, ends: Sequence[Location]) -> Columns | None:
    """What of a line lies between two places, the line's end as one column more."""
    (start_row, start), (end_row, end) = ends
    if not start_row <= line <= end_row or (start_row, start) == (end_row, end):
        return None
    return start if line == start_row else 0, end if line == end_row else len(text) + 1


def by_line(places: Sequence[tuple[Location, Location]]) -> dict[int, tuple[Columns, ...]]:
    """The columns of places that lie within a line each, by line; of one that goes on below, its first column."""
    found: dict[int, list[Columns]] = {}
    for (row, start), (end_row, end) in places:
        found.setdefault(row, []).append((start, end if end_row == row else start + 1))
    return {row: tuple(columns) for row, columns in found.items()}
