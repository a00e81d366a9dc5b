"""Several selections of one text: they merge where they meet, and move along with changes made at all of them at once.

Pure arithmetic on characters; it knows no tree, no screen and no keys. Changes count characters of the text before any of
them, so that their order does not matter.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from assistant.syntax.document import Span
from assistant.syntax.selection import Selection


@dataclass(frozen=True)
class Many:
    """Selections in the order of the text, none over another, at least one; `main` is the index of the one in charge."""

    every: tuple[Selection, ...]
    main: int = 0

    @property
    def spans(self) -> tuple[Span, ...]:
        """The selected characters of each."""
        return tuple(one.span for one in self.every)

    def only_main(self) -> Many:
        """The main selection alone."""
        return Many((self.every[self.main],))


@dataclass(frozen=True)
class Change:
    """`text` in the place of the characters `start` to `end`."""

    start: int
    end: int
    text: str


def many(selections: Iterable[Selection], main: int = 0) -> Many:
    """Selections in any order, of which `main` is the index: sorted, and merged where two share a character or a cursor."""
    rows = sorted(enumerate(selections), key=lambda row: (row[1].start, row[1].end))
    found: list[Selection] = []
    at = 0
    for index, one in rows:
        if found and _meet(found[-1], one):
            last = found[-1]
            backward = last.backward if last.start < last.end else one.backward
            found[-1] = Selection(last.start, max(last.end, one.end), backward)
        else:
            found.append(one)
        if index == main:
            at = len(found) - 1
    return Many(tuple(found), at)


def _meet(left: Selection, right: Selection) -> bool:
    """Whether they overlap, or one of them is a cursor at the border of the other."""
    empty = left.start == left.end or right.start == right.end
    return right.start < left.end or (right.start == left.end and empty)


def settled(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes in the order of the text; those that replace the same characters become one."""
    found: list[Change] = []
    for one in sorted(changes, key=lambda change: (change.start, change.end)):
        if found and one.start < found[-1].end:
            last = found[-1]
            # Two that take away the same take it away once; what both put in is there twice.
            found[-1] = Change(last.start, max(last.end, one.end), last.text + one.text)
        else:
            found.append(one)
    return tuple(found)


def applied(text: str, changes: Sequence[Change]) -> str:
    """The text after settled changes."""
    parts, at = [], 0
    for change in changes:
        parts += [text[at : change.start], change.text]
        at = change.end
    return "".join([*parts, text[at:]])


def inverse(changes: Sequence[Change], replaced: Sequence[str]) -> tuple[Change, ...]:
    """What takes settled changes back; `replaced` is what stood in the place of each."""
    shift, back = 0, []
    for change, old in zip(changes, replaced, strict=True):
        start = change.start + shift
        back.append(Change(start, start + len(change.text), old))
        shift += len(change.text) - len(old)
    return tuple(back)


def mover(changes: Sequence[Change]) -> Callable[[int], int]:
    """Where a character stands after settled changes: behind what was put in at it, at the end of what replaced it."""
    ends = [change.end for change in changes]
    shifts = list(accumulate((len(c.text) - (c.end - c.start) for c in changes), initial=0))

    def move(char: int) -> int:
        at = bisect_right(ends, char)
        if at < len(changes) and changes[at].start < char:
            return changes[at].start + shifts[at] + len(changes[at].text)
        return char + shifts[at]

    return move


def after(selections: Many, changes: Sequence[Change], cursors: Sequence[int | None]) -> Many:
    """The selections after settled changes: a cursor where `cursors` says so (as counted before them), else what it was."""
    move = mover(changes)
    found = []
    for one, cursor in zip(selections.every, cursors, strict=True):
        start, end = (move(one.start), move(one.end)) if cursor is None else (move(cursor), move(cursor))
        found.append(Selection(start, end, one.backward and cursor is None))
    return many(found, selections.main)


def rotated(text: str, selections: Many, forward: bool) -> tuple[tuple[Change, ...], Many]:
    """Each selected text in the place of the next one, the last in that of the first; the main one goes with its text."""
    words = [text[one.start : one.end] for one in selections.every]
    step = 1 if forward else -1
    put = [words[(index - step) % len(words)] for index in range(len(words))]
    changes = tuple(Change(one.start, one.end, new) for one, new in zip(selections.every, put, strict=True))
    spans = inverse(changes, words)
    found = [Selection(span.start, span.end, one.backward) for span, one in zip(spans, selections.every, strict=True)]
    return changes, Many(tuple(found), (selections.main + step) % len(words))


def with_next_alike(text: str, selections: Many) -> Many:
    """One selection more: the next place that has the text of the main one, round the end; the same where there is none."""
    main = selections.every[selections.main]
    words = text[main.start : main.end]
    if not words:
        return selections
    taken, at, wrapped = set(selections.spans), main.end, False
    while True:
        at = text.find(words, at)
        if at < 0 and wrapped:
            return selections
        if at < 0:
            at, wrapped = 0, True
            continue
        one = Selection(at, at + len(words), main.backward)
        if wrapped and at >= main.start:
            return selections
        if one.span not in taken and not any(_meet(*sorted((one, s), key=_start)) for s in selections.every):
            return many([*selections.every, one], len(selections.every))
        at += len(words)


def _start(selection: Selection) -> int:
    return selection.start


def for_each(text: str, count: int, copied: Sequence[str] = ()) -> list[str]:
    """What each of `count` places is to get of a pasted text: its own where it was `copied` from as many, or has as many lines."""
    if len(copied) == count and "\n".join(copied) == text:
        return list(copied)
    lines = text.removesuffix("\n").split("\n")
    return lines if len(lines) == count else [text] * count


def turned(selections: Many, backward: bool) -> Many:
    """The same, with every cursor at the start, or at the end."""
    return replace(selections, every=tuple(replace(one, backward=backward) for one in selections.every))
