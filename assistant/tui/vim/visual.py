"""What is selected in vim's visual modes: from where, to where, by characters or by lines.

It marks the selection in the text and says what it takes; what is done to it is `vim`'s.
"""

from __future__ import annotations

from assistant.tui.vim.changes import Buffer
from assistant.tui.vim.grammar import Meant
from assistant.tui.vim.motions import Place
from assistant.tui.vim.reach import Reached, Seeker


class Visual:
    """A selection with a fixed end (`anchor`) and one that moves (`head`); both characters belong to it."""

    def __init__(self, buffer: Buffer) -> None:
        self.anchor: Place = (0, 0)
        self.head: Place = (0, 0)
        self.lines = False
        self._buffer = buffer

    def begin(self, anchor: Place, head: Place, lines: bool) -> None:
        """Select from `anchor` to `head`."""
        self.anchor, self.head, self.lines = anchor, head, lines
        self._mark()

    def turn_round(self) -> None:
        """Move the other end from now on."""
        self.begin(self.head, self.anchor, self.lines)

    def go(self, seeker: Seeker, meant: Meant) -> None:
        """Follow a motion, or take an object."""
        lines = self._buffer.lines
        if meant.what == "object":
            reached = seeker.span(lines, self.head, meant)
            if reached is not None:
                self.anchor = reached.start
                self.head = (reached.end[0], max(0, reached.end[1] - 1))
        else:
            reached = seeker.reach(lines, self.head, meant)
            if reached is not None:
                row, column = reached.end
                # With $ the line's end is selected too.
                behind = meant.word == "$"
                self.head = (row, max(0, min(column + behind, len(lines[row]) - 1 + behind)))
        self._mark()

    @property
    def reached(self) -> Reached:
        """What an operator takes."""
        lines = self._buffer.lines
        start, (row, column) = sorted((self.anchor, self.head))
        if self.lines:
            return Reached(start, (row, len(lines[row])), whole=True)
        if column >= len(lines[row]) and row + 1 < len(lines):
            return Reached(start, (row + 1, 0), whole=False)
        return Reached(start, (row, min(column + 1, len(lines[row]))), whole=False)

    def _mark(self) -> None:
        reached = self.reached
        start = (reached.start[0], 0) if reached.whole else reached.start
        places = (reached.end, start) if self.head < self.anchor else (start, reached.end)
        self._buffer.select(*places)


def keys_for(word: str, reached: Reached) -> str:
    """The keys that do to as much text from the cursor what was done to a selection; "" where none do."""
    operator = {"x": "d", "s": "c"}.get(word, word)
    rows = reached.end[0] - reached.start[0]
    if operator in "<>" or (reached.whole and operator in "dc"):
        return f"{rows + 1}{operator}{operator}"
    return f"{operator}{reached.end[1] - reached.start[1]}l" if operator in "dc" and not rows else ""
