"""Code that grows at its end, as highlighted lines: a line is coloured when it is complete, the whole once at the end.

While code streams, only the lines since the last one that begins a statement at the margin are coloured anew, and at
most WINDOW of them, so the work a line takes does not grow with the block.
"""

from __future__ import annotations

import re

from pygments.token import Token  # type: ignore[import-untyped]  # Pygments ships no types
from textual.content import Content, Span
from textual.highlight import HighlightTheme, highlight

WINDOW = 30
"""Lines that may be coloured anew while a block grows."""

_TAB = 4
_BEGINS_STATEMENT = re.compile(r"[A-Za-z@#/]")


class CodeColours(HighlightTheme):
    """What each kind of token looks like, in the theme's own variables."""

    STYLES = {  # noqa: RUF012 - Textual declares it so
        Token.Comment: "$foreground 55% italic",
        Token.Keyword: "$primary",
        Token.Keyword.Constant: "$accent",
        Token.Keyword.Type: "$secondary",
        Token.Literal.Number: "$accent",
        Token.Literal.String: "$success",
        Token.Literal.String.Doc: "$success 80% italic",
        Token.Literal.String.Escape: "$accent",
        Token.Literal.String.Interpol: "$accent",
        Token.Name.Builtin: "$secondary",
        Token.Name.Class: "$warning bold",
        Token.Name.Decorator: "$accent",
        Token.Name.Function: "$warning",
        Token.Name.Tag: "$primary",
        Token.Name.Attribute: "$secondary",
        Token.Operator.Word: "$primary",
        Token.Generic.Inserted: "$success",
        Token.Generic.Deleted: "$error",
        Token.Generic.Heading: "$primary bold",
        Token.Generic.Subheading: "$secondary",
    }


class CodeLines:
    """The lines of a code block.

    Args:
        language: a name that Pygments may know; "" is plain text.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self.text = ""
        self.lines: list[Content] = [Content("")]
        self._begin = 0
        self._open_line = ""
        self._raw: list[str] = []

    def feed(self, text: str) -> int:
        """Add visible text; returns the index of the first line that changed."""
        self.text += text
        *whole, rest = text.expandtabs(_TAB).split("\n")
        changed = len(self.lines) - 1
        for part in whole:
            self._raw.append(self._open_line + part)
            self._open_line = ""
        self._open_line += rest
        if whole:
            changed = min(changed, self._colour_tail())
        self.lines[-1:] = [Content.styled(self._open_line, "$foreground")]
        return changed

    def close(self) -> None:
        """Colour the whole; the block does not grow any more."""
        if self._open_line:
            self._raw.append(self._open_line)
            self._open_line = ""
        while self._raw and not self._raw[-1].strip():
            self._raw.pop()
        self.lines = coloured("\n".join(self._raw), self.language) if self._raw else [Content("")]
        self._begin = len(self.lines)

    def _colour_tail(self) -> int:
        tail = self._raw[self._begin :]
        first = self._begin
        self.lines[first:] = [*coloured("\n".join(tail), self.language), Content("")]
        for index in range(len(self._raw) - 1, first, -1):
            if _BEGINS_STATEMENT.match(self._raw[index]):
                self._begin = index
                break
        self._begin = max(self._begin, len(self._raw) - WINDOW)
        return first


def coloured(code: str, language: str) -> list[Content]:
    """One content a line of `code` (which has no tabs and no controls)."""
    content = highlight(code, language=language or "text", theme=CodeColours)
    # Textual lays its own contrast colour under the code; ours is the theme's.
    spans = [Span(s.start, s.end, "$foreground" if s.style == "$text" else s.style) for s in content.spans]
    lines = Content(content.plain, spans).split("\n", allow_blank=True)
    wanted = code.count("\n") + 1
    return [*lines[:wanted], *([Content("")] * (wanted - len(lines)))]
