"""Cuts a reply into prose and code as it streams: a fence opens a code part, its end closes it.

Text is held back only where it could still turn out to be a fence. Knows no widget.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["prose", "code"]

_OPEN = re.compile(r"^([ \t]*)(`{3,}(?=[^`]*$)|~{3,})[ \t]*(.*)$")
_MAYBE_FENCE = re.compile(r"^[ \t]*(`{0,2}|~{0,2}|`{3,}[^`]*|~{3,}.*)$")
_LANGUAGE = re.compile(r"[\w+#.-]+")


@dataclass(frozen=True)
class Piece:
    """Text to be added to the part being shown. `opens` begins a new part; `closes` ends a code part."""

    kind: Kind
    text: str
    opens: bool = False
    closes: bool = False
    language: str = ""


class ReplyParts:
    """Feeds on chunks of Markdown, yields pieces in order."""

    def __init__(self) -> None:
        self._line = ""
        self._shown = 0
        self._fence = ""
        self._indent = 0
        self._fresh = True

    def feed(self, text: str) -> list[Piece]:
        """The pieces that `text` brings."""
        pieces: list[Piece] = []
        *whole, rest = text.split("\n")
        for line in whole:
            self._line += line
            self._take_line(pieces)
        self._line += rest
        if self._line and not self._may_be_fence():
            self._say(pieces, self._unshown())
            self._shown = len(self._line)
        return _joined(pieces)

    def finish(self) -> list[Piece]:
        """What was held back, at the end of the reply; an open code part is closed."""
        pieces: list[Piece] = []
        if self._line and not (self._fence and self._closes_fence()):
            self._say(pieces, self._unshown())
        if self._fence:
            pieces.append(Piece("code", "", closes=True))
        self._line, self._shown, self._fence, self._fresh = "", 0, "", True
        return _joined(pieces)

    def _take_line(self, pieces: list[Piece]) -> None:
        opening = None if self._fence or self._shown else _OPEN.match(self._line)
        if opening:
            self._fence, self._indent = opening[2], len(opening[1])
            language = _LANGUAGE.match(opening[3])
            pieces.append(Piece("code", "", opens=True, language=language[0].lower() if language else ""))
        elif self._fence and not self._shown and self._closes_fence():
            pieces.append(Piece("code", "", closes=True))
            self._fence, self._fresh = "", True
        else:
            self._say(pieces, self._unshown() + "\n")
        self._line, self._shown = "", 0

    def _unshown(self) -> str:
        """The rest of the line, without the indentation that its fence has."""
        if self._shown or not self._fence:
            return self._line[self._shown :]
        margin = len(self._line) - len(self._line.lstrip(" \t"))
        return self._line[min(self._indent, margin) :]

    def _say(self, pieces: list[Piece], text: str) -> None:
        if self._fence:
            pieces.append(Piece("code", text))
        elif text.strip() or not self._fresh:
            pieces.append(Piece("prose", text, opens=self._fresh))
            self._fresh = False

    def _may_be_fence(self) -> bool:
        if self._shown:
            return False
        if not self._fence:
            return bool(_MAYBE_FENCE.match(self._line))
        return not self._line.strip(" \t").strip(self._fence[0])

    def _closes_fence(self) -> bool:
        stripped = self._line.strip()
        return len(stripped) >= len(self._fence) and not stripped.strip(self._fence[0])


def _joined(pieces: list[Piece]) -> list[Piece]:
    joined: list[Piece] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last and last.kind == piece.kind and not last.closes and not piece.opens and not piece.closes:
            joined[-1] = Piece(last.kind, last.text + piece.text, last.opens, False, last.language)
        else:
            joined.append(piece)
    return joined
