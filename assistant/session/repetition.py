"""Notices that a reply says the same again and again, so that it can be ended: exactly the same, and many times over.

Small models fall into this and never leave it by themselves. What only resembles what came before counts as new.
"""

from __future__ import annotations

_LINES = 40
"""Lines that must repeat, at least; and each block of them so many times, at least:"""
_TIMES = 8
_LONGEST_BLOCK = 60
"""Lines."""
_CHARACTERS = 2_000
"""Characters of one line that must repeat, at least, in pieces of up to so many:"""
_LONGEST_PIECE = 200
_STEP = 200
"""Characters between two looks at a line that grows."""


class Repetition:
    """Reads one reply as it comes."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line = ""
        self._looked_at = 0

    def feed(self, text: str) -> str:
        """What the reply repeats by now, in words ("the same line 40 times"); "" while it does not."""
        self._line += text
        *whole, self._line = self._line.split("\n")
        for line in whole:
            self._looked_at = 0
            self._lines.append(line)
            if said := self._repeated_lines():
                return said
        del self._lines[: -_LONGEST_BLOCK * _TIMES]
        return self._repeated_words()

    def _repeated_lines(self) -> str:
        for block in range(1, _LONGEST_BLOCK + 1):
            span = max(_LINES, block * _TIMES)
            # Cheap for what does not repeat: the first two lines that differ end the comparison.
            if span > len(self._lines):
                return ""
            if self._lines[-1] == self._lines[-1 - block] and self._lines[-span:-block] == self._lines[block - span :]:
                what = "line" if block == 1 else f"{block} lines"
                return f"the same {what} {span // block} times"
        return ""

    def _repeated_words(self) -> str:
        if len(self._line) < max(_CHARACTERS, self._looked_at + _STEP):
            return ""
        self._looked_at = len(self._line)
        tail = self._line[-_CHARACTERS:]
        for piece in range(1, _LONGEST_PIECE + 1):
            if tail[piece:] == tail[:-piece]:
                return f"the same words {_CHARACTERS // piece} times"
        return ""
