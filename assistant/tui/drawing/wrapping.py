"""Where lines of text are cut to fit a width in cells: at any character for code, between words for prose."""

from __future__ import annotations

import re

from rich.cells import cell_len

_WORD = re.compile(r"\S+\s*|\s+")

Cuts = list[tuple[int, int]]
"""Begin and end of each row, as characters of the line."""


def character_cuts(text: str, width: int) -> Cuts:
    """Rows of at most `width` cells, cut anywhere."""
    if len(text) <= width and (text.isascii() or cell_len(text) <= width):
        return [(0, len(text))]
    cuts: Cuts = []
    start = cells = 0
    for index, character in enumerate(text):
        size = cell_len(character)
        if cells + size > width and index > start:
            cuts.append((start, index))
            start, cells = index, 0
        cells += size
    return [*cuts, (start, len(text))]


def word_cuts(text: str, width: int) -> Cuts:
    """Rows of at most `width` cells, cut between words; a word that is longer is cut anywhere. Blanks may hang over."""
    if len(text) <= width and (text.isascii() or cell_len(text) <= width):
        return [(0, len(text))]
    cuts: Cuts = []
    start = cells = 0
    for word in _WORD.finditer(text):
        bare = word[0].rstrip()
        size = len(bare) if bare.isascii() else cell_len(bare)
        if cells + size > width and word.start() > start:
            cuts.append((start, word.start()))
            start, cells = word.start(), 0
        if size > width:
            pieces = character_cuts(word[0], width)
            cuts += [(start + begin, start + end) for begin, end in pieces[:-1]]
            start += pieces[-1][0]
            cells = cell_len(text[start : word.end()])
        else:
            cells += size + len(word[0]) - len(bare)
    return [*cuts, (start, len(text))]
