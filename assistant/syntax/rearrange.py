"""Siblings in a source text: all of them, each selected, and two of them changed for each other.

Pure functions from a Document and a Selection; what is between two siblings (commas, blank lines) stays where it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import tree_sitter

from assistant.syntax.document import Document, Span
from assistant.syntax.many_selections import Change, Many, rotated
from assistant.syntax.selection import Selection


@dataclass(frozen=True)
class Swap:
    """`text` replaces the characters of `span`; `moved` is where what was selected stands after that."""

    span: Span
    text: str
    moved: Selection


def all_siblings(document: Document, selection: Selection) -> list[Selection]:
    """What is selected and each of its named siblings; the nearest parent's where it has none."""
    node = _selected_node(document, selection)
    while node is not None and node.parent is not None:
        named = node.parent.named_children
        if len(named) > 1:
            spans = map(document.span_of, named)
            return [Selection(span.start, span.end) for span in spans if span.start < span.end]
        node = node.parent
    return [selection]


def swap(document: Document, selection: Selection, forward: bool) -> Swap | None:
    """Change what is selected for its next named sibling, or the one before; None where there is none."""
    node = _selected_node(document, selection)
    while node is not None:
        other = node.next_named_sibling if forward else node.prev_named_sibling
        if other is not None:
            return _swapped(document, document.span_of(node), document.span_of(other))
        node = node.parent
    return None


def swap_all(document: Document, now: Many, forward: bool) -> tuple[tuple[Change, ...], Many]:
    """Each selection and its sibling changed for each other; where they are siblings of one another, all change round.

    Answers with no changes where there is nothing to change for.
    """
    swaps = [swap(document, one, forward) for one in now.every]
    done = [one for one in swaps if one is not None]
    apart = all(left.span.end <= right.span.start for left, right in pairwise(done))
    if len(done) == len(swaps) and apart:
        changes = tuple(Change(one.span.start, one.span.end, one.text) for one in done)
        # A swap keeps the length of its text, so that no other one moves.
        return changes, Many(tuple(one.moved for one in done), now.main)
    if len(now.every) == 1:
        return (), now
    return rotated(document.text, now, forward)


def _swapped(document: Document, here: Span, there: Span) -> Swap:
    first, second = sorted((here, there))
    text = document.text
    one, between, two = (
        text[first.start : first.end],
        text[first.end : second.start],
        text[second.start : second.end],
    )
    at = first.start if here == second else first.start + len(two) + len(between)
    return Swap(Span(first.start, second.end), two + between + one, Selection(at, at + len(here)))


def _selected_node(document: Document, selection: Selection) -> tree_sitter.Node | None:
    """The largest node that has just the selected characters; of a bare cursor, the largest that begins there."""
    end = selection.end
    if selection.start == end and end < len(document.text):
        end += 1
    node = document.node_at(Span(selection.start, end))
    while node is not None and node.parent is not None and node.parent.parent is not None:
        bare = selection.start == selection.end and node.parent.start_byte == node.start_byte
        if node.parent.byte_range != node.byte_range and not (bare and not node.is_named):
            break
        node = node.parent
    while node is not None and not node.is_named and node.parent is not None:
        node = node.parent
    return node
