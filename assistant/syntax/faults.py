"""Where a text is not what its language allows: ERROR and MISSING nodes, and which of them an edit has added.

A file that was broken before may still be edited: `new_faults` leaves out what was there. This reports; whether an
edit with new faults may land is decided in `assistant.editing`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import tree_sitter

from assistant.syntax.document import Document, Span
from assistant.syntax.own_parser import refusal

_SNIPPET = 40


@dataclass(frozen=True)
class Fault:
    """One place that cannot be parsed; `reason` is a short clause, `line` and `column` count from 1."""

    line: int
    column: int
    span: Span
    reason: str


def faults(document: Document) -> tuple[Fault, ...]:
    """The ERROR and MISSING nodes of a document, in the order of the text; none for plain text."""
    if document.too_hard:
        return (Fault(1, 1, Span(0, 0), "takes too long to parse"),)
    if document.tree is None:
        return ()
    found: list[Fault] = []
    cursor = document.tree.walk()
    while True:
        node = cursor.node
        assert node is not None
        if node.is_missing or node.is_error:
            found.append(_fault(document, node))
        # Only what holds a fault is entered, so a sound file costs one look.
        if node.has_error and cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return tuple(found)


def new_faults(before: Document, after: Document) -> tuple[Fault, ...]:
    """The faults of `after` that `before` does not have, wherever the edit has moved them to.

    Where the tree adds none, the language's own parser is asked too, if Python has one at hand and it took `before`:
    it knows of an empty body or a wrong dedent, which the grammar lets through.
    """
    old = faults(before)
    known = Counter(_kind(before, fault) for fault in old)
    added = [fault for fault in faults(after) if not _was_there(fault, before, after, old)]
    # What is left may be an old fault that is now told of at another place.
    for fault in tuple(added):
        kind = _kind(after, fault)
        if known[kind] > 0:
            known[kind] -= 1
            added.remove(fault)
    if not added and (refused := refusal(after)) and not refusal(before):
        line, column, reason = refused
        start = min(after.line_span(line).start + column - 1, len(after.text))
        added.append(Fault(line, column, Span(start, start), reason))
    return tuple(added)


def _was_there(fault: Fault, before: Document, after: Document, old: tuple[Fault, ...]) -> bool:
    """Whether a fault lies in text that the edit did not touch and that could not be parsed before."""
    kept_start = _common_start(before.text, after.text)
    kept_end = min(_common_end(before.text, after.text), len(before.text) - kept_start, len(after.text) - kept_start)
    start = fault.span.start
    if kept_start <= start <= len(after.text) - kept_end:
        return False
    origin = start if start < kept_start else start + len(before.text) - len(after.text)
    return any(one.span.start <= origin <= one.span.end for one in old)


def _common_start(one: str, other: str) -> int:
    """How many characters two texts have in common at their start, found by halving."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_end(one: str, other: str) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[len(one) - middle : len(one) - low] == other[len(other) - middle : len(other) - low]:
            low = middle
        else:
            high = middle - 1
    return low


def _kind(document: Document, fault: Fault) -> tuple[str, str]:
    line = document.line_span(fault.line)
    return fault.reason, document.text[line.start : line.end].strip()


def _fault(document: Document, node: tree_sitter.Node) -> Fault:
    span = document.span_of(node)
    if node.is_error:
        span = Span(document.char_of(_first_unsound(node).start_byte), span.end)
    line = document.line_of(span.start)
    column = span.start - document.line_span(line).start + 1
    if node.is_missing:
        return Fault(line, column, span, f"missing {_words(node.type)}")
    text = document.text[span.start : span.end].split("\n", 1)[0].strip()
    shown = text if len(text) <= _SNIPPET else f"{text[: _SNIPPET - 1]}…"
    return Fault(line, column, span, f"unexpected “{shown}”" if shown else "cannot be read")


def _first_unsound(node: tree_sitter.Node) -> tree_sitter.Node:
    """Where trouble starts in an ERROR node, which often begins with whole statements that are sound."""
    for child in node.children:
        if not child.is_extra and (child.has_error or not child.child_count):
            return child
    return node


def _words(kind: str) -> str:
    return kind.replace("_", " ").strip() if kind.replace("_", "").isalnum() else f"“{kind}”"
