"""Where vim's motions lead: functions from the lines of a text and a place in it to another place.

A place is (row, column), both from 0; a column may stand behind the last character. Nothing here changes anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

Lines = Sequence[str]
Place = tuple[int, int]
Reach = Literal["exclusive", "inclusive", "lines"]
"""How far an operator goes: up to the place, with its character, or over whole lines."""


def _kind(character: str, big: bool) -> int:
    if character.isspace():
        return 0
    return 1 if big or character.isalnum() or character == "_" else 2


def left(lines: Lines, at: Place) -> Place:
    """One to the left, not over the line's beginning."""
    return at[0], max(0, at[1] - 1)


def right(lines: Lines, at: Place) -> Place:
    """One to the right, up to behind the line's end."""
    return at[0], min(len(lines[at[0]]), at[1] + 1)


def up(lines: Lines, at: Place) -> Place:
    """The line above; the column is kept where the line is long enough."""
    return max(0, at[0] - 1), at[1]


def down(lines: Lines, at: Place) -> Place:
    """The line below."""
    return min(len(lines) - 1, at[0] + 1), at[1]


def line_start(lines: Lines, at: Place) -> Place:
    """Column 0."""
    return at[0], 0


def first_character(lines: Lines, at: Place) -> Place:
    """The first character of the line that is not blank."""
    line = lines[at[0]]
    return at[0], len(line) - len(line.lstrip()) if line.strip() else max(0, len(line) - 1)


def line_end(lines: Lines, at: Place) -> Place:
    """The last character of the line."""
    return at[0], max(0, len(lines[at[0]]) - 1)


def word(lines: Lines, at: Place, big: bool = False) -> Place:
    """The beginning of the next word; an empty line is one. At the end of the text, behind its last character."""
    row, column = at
    line = lines[row]
    if column < len(line) and (kind := _kind(line[column], big)):
        while column < len(line) and _kind(line[column], big) == kind:
            column += 1
    while True:
        while column < len(line) and line[column].isspace():
            column += 1
        if column < len(line) or row + 1 >= len(lines):
            return row, column
        row, column, line = row + 1, 0, lines[row + 1]
        if not line:
            return row, 0


def word_end(lines: Lines, at: Place, big: bool = False) -> Place:
    """The last character of this word, or of the next one from there."""
    row, column = at[0], at[1] + 1
    line = lines[row]
    while column >= len(line) or line[column].isspace():
        if column < len(line):
            column += 1
        elif row + 1 < len(lines):
            row, column, line = row + 1, 0, lines[row + 1]
        else:
            return row, max(0, len(line) - 1)
    kind = _kind(line[column], big)
    while column + 1 < len(line) and _kind(line[column + 1], big) == kind:
        column += 1
    return row, column


def word_back(lines: Lines, at: Place, big: bool = False) -> Place:
    """The beginning of this word, or of the one before from there."""
    row, column = at
    line = lines[row]
    column -= 1
    while column < 0 or line[column].isspace():
        if column >= 0:
            column -= 1
        elif row > 0:
            row -= 1
            line = lines[row]
            if not line:
                return row, 0
            column = len(line) - 1
        else:
            return 0, 0
    kind = _kind(line[column], big)
    while column > 0 and _kind(line[column - 1], big) == kind:
        column -= 1
    return row, column


def paragraph_down(lines: Lines, at: Place) -> Place:
    """The next empty line after some text."""
    row = at[0]
    while row + 1 < len(lines) and not lines[row].strip():
        row += 1
    while row + 1 < len(lines) and lines[row].strip():
        row += 1
    return row, 0 if not lines[row].strip() else len(lines[row])


def paragraph_up(lines: Lines, at: Place) -> Place:
    """The empty line before some text."""
    row = at[0]
    while row > 0 and not lines[row].strip():
        row -= 1
    while row > 0 and lines[row].strip():
        row -= 1
    return row, 0


def bracket(lines: Lines, at: Place) -> Place:
    """The partner of the bracket here, or of the next one in the line; the same place where there is none."""
    row, column = at
    line = lines[row]
    while column < len(line) and line[column] not in "()[]{}":
        column += 1
    if column >= len(line):
        return at
    opening = line[column]
    forward = opening in "([{"
    partner = dict(zip("()[]{}", ")(][}{", strict=True))[opening]
    return partner_of(lines, (row, column), opening, partner, 1 if forward else -1) or at


def partner_of(lines: Lines, at: Place, opening: str, closing: str, step: int) -> Place | None:
    """The `closing` that belongs to the `opening` at a place, in direction `step` (1 or -1)."""
    row, column = at
    depth = 0
    while 0 <= row < len(lines):
        line = lines[row]
        while 0 <= column < len(line):
            depth += (line[column] == opening) - (line[column] == closing)
            if depth == 0:
                return row, column
            column += step
        row += step
        if 0 <= row < len(lines):
            column = 0 if step > 0 else len(lines[row]) - 1
    return None


def find(lines: Lines, at: Place, how: str, character: str, count: int = 1, again: bool = False) -> Place | None:
    """The place that f, F, t or T and a character lead to, within the line; None where it is not there.

    `again` is for ; and a comma, which go on where t and T would stay.
    """
    row, column = at
    line = lines[row]
    skip = 1 if again and how in "tT" else 0
    for turn in range(count):
        beside = skip if turn == 0 else 0
        if how in "ft":
            column = line.find(character, column + 1 + beside)
        else:
            column = line.rfind(character, 0, max(0, column - beside))
        if column < 0:
            return None
    return row, column + {"t": -1, "T": 1}.get(how, 0)


MOTIONS: dict[str, tuple[Callable[[Lines, Place], Place], Reach]] = {
    "h": (left, "exclusive"),
    "l": (right, "exclusive"),
    " ": (right, "exclusive"),
    "j": (down, "lines"),
    "k": (up, "lines"),
    "0": (line_start, "exclusive"),
    "^": (first_character, "exclusive"),
    "$": (line_end, "inclusive"),
    "w": (word, "exclusive"),
    "W": (lambda lines, at: word(lines, at, True), "exclusive"),
    "b": (word_back, "exclusive"),
    "B": (lambda lines, at: word_back(lines, at, True), "exclusive"),
    "e": (word_end, "inclusive"),
    "E": (lambda lines, at: word_end(lines, at, True), "inclusive"),
    "}": (paragraph_down, "exclusive"),
    "{": (paragraph_up, "exclusive"),
    "%": (bracket, "inclusive"),
}
"""The motions that are a key each; G, gg, f, t and the searches need more than a place."""
