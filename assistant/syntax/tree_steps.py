"""Selections moved along the tree, each by itself, with the way back from where they were expanded.

What is next to a place in the tree `selection` and `rearrange` say; this draws nothing and edits nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from assistant.syntax import selection as tree
from assistant.syntax.document import Document, Span
from assistant.syntax.many_selections import Many, many
from assistant.syntax.rearrange import all_siblings
from assistant.syntax.selection import Part, Selection, TextObject

Step = Literal["expand", "shrink", "next_sibling", "previous_sibling", "first_child", "parent", "siblings"]

_STEPS: dict[str, Callable[[Document, Selection], Selection]] = {
    "expand": tree.expand,
    "shrink": tree.first_child,
    "next_sibling": tree.next_sibling,
    "previous_sibling": tree.previous_sibling,
    "first_child": tree.first_child,
    "parent": tree.expand,
}


class TreeSteps:
    """Steps from selection to selection in one text at a time; another text, or another way to get somewhere, forgets the way."""

    def __init__(self) -> None:
        self._ways: dict[tuple[Span, ...], Many] = {}
        """What was expanded, by what came of it."""
        self._stands: tuple[Document | None, tuple[Span, ...]] = (None, ())

    def step(self, document: Document, now: Many, step: Step) -> Many:
        """Each selection moved; those that meet then are one. `shrink` goes back along `expand`, else to the first child."""
        if self._stands != (document, now.spans):
            self._ways.clear()
        if step == "shrink" and now.spans in self._ways:
            then = self._ways.pop(now.spans)
        elif step == "siblings":
            then = _siblings(document, now)
        else:
            then = many([_STEPS[step](document, one) for one in now.every], now.main)
        if step == "expand" and then.spans != now.spans:
            self._ways[then.spans] = now
        self._stands = (document, then.spans)
        return then


def _siblings(document: Document, now: Many) -> Many:
    """Of each selection all siblings; the main one stays the main one."""
    found: list[Selection] = []
    main = 0
    for index, one in enumerate(now.every):
        siblings = all_siblings(document, one)
        if index == now.main:
            near = [s.start <= one.start < max(s.end, s.start + 1) for s in siblings]
            main = len(found) + (near.index(True) if True in near else 0)
        found += siblings
    return many(found, main)


def objects(document: Document, now: Many, kind: TextObject, part: Part) -> Many:
    """Around each selection the function, class, parameter, comment or test, or the inside of it.

    On the header of a function one is not inside of it, but it is the one that is meant.
    """
    return many([_object(document, one, kind, part) for one in now.every], now.main)


def _object(document: Document, now: Selection, kind: TextObject, part: Part) -> Selection:
    then = tree.text_object(document, now, kind, part)
    if part == "inside" and then == now:
        around = tree.text_object(document, now, kind, "around")
        last = Selection(max(around.start, around.end - 1), around.end)
        return now if around == now else tree.text_object(document, last, kind, "inside")
    return then
