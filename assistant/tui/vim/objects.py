"""vim's text objects: the word, the quoted text, the text in brackets or the paragraph around a place.

Each answers with where it begins and where it ends (the end not included), or None where there is none.
"""

from __future__ import annotations

from assistant.tui.vim.motions import Lines, Place, partner_of

Span = tuple[Place, Place]

_BRACKETS = {mark: pair for pair in ("()", "[]", "{}", "<>") for mark in pair} | {"b": "()", "B": "{}"}
QUOTES = "\"'`"
KINDS = (*"wWp", *QUOTES, *_BRACKETS)


def text_object(lines: Lines, at: Place, around: bool, kind: str) -> Span | None:
    """The object of `kind` at a place: with what surrounds it (`around`) or only what is inside."""
    if kind in "wW":
        return _word(lines, at, around, kind == "W")
    if kind == "p":
        return _paragraph(lines, at, around)
    if kind in QUOTES:
        return _quoted(lines, at, around, kind)
    return _bracketed(lines, at, around, _BRACKETS[kind])


def _word(lines: Lines, at: Place, around: bool, big: bool) -> Span | None:
    row, column = at
    line = lines[row]
    if column >= len(line):
        return None

    def kind(character: str) -> int:
        if character.isspace():
            return 0
        return 1 if big or character.isalnum() or character == "_" else 2

    start = end = column
    while start > 0 and kind(line[start - 1]) == kind(line[column]):
        start -= 1
    while end < len(line) and kind(line[end]) == kind(line[column]):
        end += 1
    if around and not kind(line[column]):
        follows = kind(line[end]) if end < len(line) else 0
        while end < len(line) and kind(line[end]) == follows:
            end += 1
    elif around:
        tail = end
        while tail < len(line) and line[tail].isspace():
            tail += 1
        if tail > end:
            end = tail
        else:
            while start > 0 and line[start - 1].isspace():
                start -= 1
    return (row, start), (row, end)


def _paragraph(lines: Lines, at: Place, around: bool) -> Span:
    filled = bool(lines[at[0]].strip())
    first = last = at[0]
    while first > 0 and bool(lines[first - 1].strip()) == filled:
        first -= 1
    while last + 1 < len(lines) and bool(lines[last + 1].strip()) == filled:
        last += 1
    while around and last + 1 < len(lines) and bool(lines[last + 1].strip()) != filled:
        last += 1
    return (first, 0), ((last + 1, 0) if last + 1 < len(lines) else (last, len(lines[last])))


def _quoted(lines: Lines, at: Place, around: bool, mark: str) -> Span | None:
    row, column = at
    line = lines[row]
    marks = [i for i, letter in enumerate(line) if letter == mark and (i == 0 or line[i - 1] != "\\")]
    for start, end in zip(marks[::2], marks[1::2], strict=False):
        if column <= end:
            return ((row, start), (row, end + 1)) if around else ((row, start + 1), (row, end))
    return None


def _bracketed(lines: Lines, at: Place, around: bool, pair: str) -> Span | None:
    opening, closing = pair[0], pair[1]
    row, column = at
    here = lines[row][column : column + 1]
    if here == opening:
        start: Place | None = at
    elif here == closing:
        start = partner_of(lines, at, closing, opening, -1)
    else:
        start = _enclosing(lines, at, opening, closing)
        if start is None and opening in lines[row][column:]:
            start = (row, lines[row].index(opening, column))
    end = partner_of(lines, start, opening, closing, 1) if start is not None else None
    if start is None or end is None:
        return None
    return (start, (end[0], end[1] + 1)) if around else ((start[0], start[1] + 1), end)


def _enclosing(lines: Lines, at: Place, opening: str, closing: str) -> Place | None:
    depth = 0
    for row in range(at[0], -1, -1):
        line = lines[row]
        last = at[1] - 1 if row == at[0] else len(line) - 1
        for column in range(min(last, len(line) - 1), -1, -1):
            if line[column] == closing:
                depth += 1
            elif line[column] == opening:
                if depth == 0:
                    return row, column
                depth -= 1
    return None
