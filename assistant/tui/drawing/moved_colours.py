"""Colours of lines after a change and before the tree knows it: what is coloured keeps its colour where it stands now.

What the colours are the tree says, a few milliseconds later.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.document._document import Location

from assistant.syntax.colouring import Piece

Lines = dict[int, list[Piece]]
"""The pieces of each line (from 0), those of a parent before those within it."""


def moved(lines: Mapping[int, list[Piece]], start: Location, end: Location, new_end: Location) -> Lines:
    """The pieces after what stood from `start` to `end` gave way to what stands from `start` to `new_end`."""
    rows, columns = new_end[0] - end[0], new_end[1] - end[1]
    after: Lines = {}
    for row, pieces in lines.items():
        if row < start[0]:
            after[row] = pieces
        elif row > end[0]:
            after[row + rows] = pieces
    first, last = lines.get(start[0], []), lines.get(end[0], [])
    if start[0] == end[0] == new_end[0]:
        kept = [_within(piece, start[1], end[1], columns) for piece in first]
        after[start[0]] = [piece for piece in kept if piece[0] < piece[1]]
        return after
    after[start[0]] = [(a, min(b, start[1]), role) for a, b, role in first if a < start[1]]
    tail: list[Piece] = [(max(a, end[1]) + columns, b + columns, role) for a, b, role in last if b > end[1]]
    after[new_end[0]] = [*after.get(new_end[0], ()), *tail] if new_end[0] == start[0] else tail
    return after


def _within(piece: Piece, start: int, end: int, columns: int) -> Piece:
    """A piece of the one line that changed between two columns, and grew by so many."""
    a, b, role = piece
    a = a if a < start else max(a, end) + columns
    return a, b if b <= start else b + columns if b >= end else start, role
