"""What vim's operators and changing commands do to a text, and what they leave in the register.

It is told where; which keys mean what is `grammar`'s and `vim`'s business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.tui.vim.motions import Place, first_character

INDENT = "    "


class Buffer(Protocol):
    """A text with a cursor, as an editor has it."""

    @property
    def lines(self) -> Sequence[str]:
        """The lines, without their ends; at least one."""

    @property
    def cursor(self) -> Place:
        """Where the cursor stands."""

    def move(self, place: Place) -> None:
        """Put the cursor there; nothing is selected then."""

    def select(self, start: Place, end: Place) -> None:
        """Show what is selected; the cursor is at `end`."""

    def replace(self, start: Place, end: Place, text: str) -> None:
        """Put `text` in the place of what stands from `start` to `end`."""

    def begin_step(self) -> None:
        """What follows is undone by itself."""

    def undo(self) -> None:
        """Take the last step back."""

    def redo(self) -> None:
        """Do it again."""


@dataclass(frozen=True)
class Register:
    """What was deleted or copied last; `whole` for whole lines."""

    text: str = ""
    whole: bool = False


def text_between(buffer: Buffer, start: Place, end: Place) -> str:
    """What stands from `start` to `end`."""
    lines = buffer.lines
    if start[0] == end[0]:
        return lines[start[0]][start[1] : end[1]]
    between = lines[start[0] + 1 : end[0]]
    return "\n".join([lines[start[0]][start[1] :], *between, lines[end[0]][: end[1]]])


def delete(buffer: Buffer, start: Place, end: Place) -> Register:
    """Delete characters; the cursor goes to where they were."""
    register = Register(text_between(buffer, start, end))
    buffer.replace(start, end, "")
    buffer.move(start)
    return register


def delete_lines(buffer: Buffer, first: int, last: int) -> Register:
    """Delete lines; the cursor goes to the one that takes their place."""
    lines = buffer.lines
    register = Register("\n".join(lines[first : last + 1]), whole=True)
    if last + 1 < len(lines):
        buffer.replace((first, 0), (last + 1, 0), "")
    elif first > 0:
        buffer.replace((first - 1, len(lines[first - 1])), (last, len(lines[last])), "")
    else:
        buffer.replace((0, 0), (last, len(lines[last])), "")
    buffer.move(first_character(buffer.lines, (min(first, len(buffer.lines) - 1), 0)))
    return register


def clear_lines(buffer: Buffer, first: int, last: int) -> Register:
    """Leave of some lines one, with the indentation of the first; the cursor goes behind it."""
    lines = buffer.lines
    register = Register("\n".join(lines[first : last + 1]), whole=True)
    indent = indentation(lines[first])
    buffer.replace((first, 0), (last, len(lines[last])), indent)
    buffer.move((first, len(indent)))
    return register


def shift_lines(buffer: Buffer, first: int, last: int, right: bool) -> None:
    """Indent lines by one step, or take one back; empty lines stay."""
    for row in range(first, last + 1):
        line = buffer.lines[row]
        if right and line:
            buffer.replace((row, 0), (row, 0), INDENT)
        elif not right:
            width = 1 if line.startswith("\t") else min(len(INDENT), len(line) - len(line.lstrip(" ")))
            buffer.replace((row, 0), (row, width), "")
    buffer.move(first_character(buffer.lines, (first, 0)))


def put(buffer: Buffer, register: Register, after: bool, count: int) -> None:
    """Insert what is in the register, behind or before the cursor (or its line)."""
    row, column = buffer.cursor
    length = len(buffer.lines[row])
    if register.whole:
        text = "\n".join([register.text] * count)
        if after:
            buffer.replace((row, length), (row, length), f"\n{text}")
        else:
            buffer.replace((row, 0), (row, 0), f"{text}\n")
        buffer.move(first_character(buffer.lines, (row + after, 0)))
    elif register.text:
        at = (row, min(column + 1, length) if after else column)
        text = register.text * count
        buffer.replace(at, at, text)
        rows = text.split("\n")
        buffer.move((at[0] + len(rows) - 1, len(rows[-1]) - 1 + (at[1] if len(rows) == 1 else 0)))


def put_over(buffer: Buffer, register: Register, start: Place, end: Place, whole: bool) -> Register:
    """Put what is in the register in the place of a selection; answers with what stood there."""
    if whole:
        start, end = (start[0], 0), (end[0], len(buffer.lines[end[0]]))
    taken = Register(text_between(buffer, start, end), whole)
    text = f"\n{register.text}\n" if register.whole and not whole else register.text
    buffer.replace(start, end, text)
    rows = text.split("\n")
    if whole or register.whole:
        buffer.move(first_character(buffer.lines, (start[0] + (not whole), 0)))
    else:
        row, column = start[0] + len(rows) - 1, len(rows[-1]) + (start[1] if len(rows) == 1 else 0)
        buffer.move((row, max(0, column - 1)))
    return taken


def open_line(buffer: Buffer, below: bool) -> None:
    """A new empty line with the indentation of the one at hand; the cursor goes into it."""
    row = buffer.cursor[0]
    line = buffer.lines[row]
    indent = indentation(line)
    if below:
        buffer.replace((row, len(line)), (row, len(line)), f"\n{indent}")
    else:
        buffer.replace((row, 0), (row, 0), f"{indent}\n")
    buffer.move((row + below, len(indent)))


def join_lines(buffer: Buffer, count: int) -> None:
    """Join the line at hand and those below it, with one blank between."""
    row = buffer.cursor[0]
    for _ in range(max(1, count - 1)):
        if row + 1 >= len(buffer.lines):
            return
        line, following = buffer.lines[row], buffer.lines[row + 1]
        blanks = len(following) - len(following.lstrip())
        glue = "" if not line or line.endswith(" ") or not following.strip() or following.lstrip()[0] == ")" else " "
        buffer.replace((row, len(line)), (row + 1, blanks), glue)
        buffer.move((row, max(0, len(line) - (not glue))))


def over_type(buffer: Buffer, start: Place, end: Place, how: str) -> None:
    """Change each character from `start` to `end`: "~" swaps its case, "U" and "u" set it, another takes its place."""
    old = text_between(buffer, start, end)
    new = {"~": old.swapcase(), "U": old.upper(), "u": old.lower()}.get(how)
    buffer.replace(start, end, new if new is not None else "".join(c if c == "\n" else how[-1] for c in old))


def indentation(line: str) -> str:
    """The blanks that a line begins with."""
    return line[: len(line) - len(line.lstrip())]
