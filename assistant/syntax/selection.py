"""Moving through a source text by its tree: pure functions from a Document and a Selection to a Selection.

Expand, siblings, children, and text objects as the Helix editor defines them: a text object is the smallest
one around the cursor, and where there is nothing to go to, the selection stays as it is. Punctuation is passed over.
`queries/<language>/objects.scm` captures the objects as `@function.inside`, `@function.around` and so on. The way back
from `expand` is `tree_steps`'. This draws nothing and edits nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import tree_sitter

from assistant.syntax.document import Document, Span
from assistant.syntax.languages import Language, query

TextObject = Literal["function", "class", "parameter", "comment", "test"]
Part = Literal["inside", "around"]
_COMMENTS = ("comment", "line_comment", "block_comment", "multiline_comment", "Comment", "marginalia")


@dataclass(frozen=True)
class Selection:
    """Characters `start` to `end` (not included); empty where they are equal, a bare cursor."""

    start: int
    end: int
    backward: bool = False
    """Whether the cursor stands at `start`, as after selecting from right to left."""

    @property
    def span(self) -> Span:
        """The selected characters."""
        return Span(self.start, self.end)


def expand(document: Document, selection: Selection) -> Selection:
    """The smallest node that holds more than what is selected."""
    node = _larger(document, selection)
    if node is None:
        return selection
    return _selected(document, node)


def first_child(document: Document, selection: Selection) -> Selection:
    """The first named node within the selected node."""
    node = _node(document, selection)
    children = node.named_children if node else []
    inner = (child for child in children if document.span_of(child) != selection.span)
    child = next(inner, None)
    return selection if child is None else _selected(document, child)


def next_sibling(document: Document, selection: Selection) -> Selection:
    """The next named node; after the last one, that of the nearest parent that has one."""
    return _sibling(document, selection, forward=True)


def previous_sibling(document: Document, selection: Selection) -> Selection:
    """The previous named node; before the first one, that of the nearest parent that has one."""
    return _sibling(document, selection, forward=False)


def text_object(document: Document, selection: Selection, kind: TextObject, part: Part) -> Selection:
    """The smallest function, class, parameter, comment or test that holds the selection: its inside, or all of it."""
    found = [span for span in _objects(document, selection, kind, part) if span.contains(selection.span)]
    if not found:
        return selection
    smallest = min(found, key=len)
    return Selection(smallest.start, smallest.end)


def _selected(document: Document, node: tree_sitter.Node) -> Selection:
    span = document.span_of(node)
    return Selection(span.start, span.end)


def _sibling(document: Document, selection: Selection, forward: bool) -> Selection:
    node = _node(document, selection)
    while node is not None:
        sibling = node.next_named_sibling if forward else node.prev_named_sibling
        if sibling is not None:
            return _selected(document, sibling)
        node = node.parent
    return selection


def _larger(document: Document, selection: Selection) -> tree_sitter.Node | None:
    node = _node(document, selection)
    while node is not None:
        span = document.span_of(node)
        if span != selection.span and span.contains(selection.span):
            return node
        node = node.parent
    return None


def _node(document: Document, selection: Selection) -> tree_sitter.Node | None:
    """The smallest node that covers the selection; a bare cursor lies on the character after it."""
    end = selection.end
    if selection.start == end and end < len(document.text):
        end += 1
    return document.node_at(Span(selection.start, end))


def _objects(document: Document, selection: Selection, kind: TextObject, part: Part) -> Iterator[Span]:
    if document.language is None or document.tree is None:
        return
    cursor = tree_sitter.QueryCursor(query(document.language, "objects"))
    if kind != "test":
        # A test may begin with an attribute that stands before it, which a range would leave out.
        start = document.byte_of(selection.start)
        cursor.set_byte_range(start, max(start + 1, document.byte_of(selection.end)))
    for _, captures in cursor.matches(document.tree.root_node):
        nodes = captures.get(f"{kind}.{part}")
        if not nodes:
            continue
        first, last = nodes[0], nodes[-1]
        if part == "around" and kind == "comment":
            first, last = _comments(first)
        elif part == "around" and kind != "parameter":
            first, last = _wrapped(document.language, first), _wrapped(document.language, last)
        yield Span(document.char_of(first.start_byte), _end(document, last))


def _wrapped(language: Language, node: tree_sitter.Node) -> tree_sitter.Node:
    """A definition with its decorators, its `export`, its `template <…>`."""
    while node.parent is not None and node.parent.type in language.wrappers:
        node = node.parent
    return node


def _comments(comment: tree_sitter.Node) -> tuple[tree_sitter.Node, tree_sitter.Node]:
    """The first and last of the comments that stand on neighbouring lines with this one."""
    first = last = comment
    while _joined(first.prev_sibling, first):
        first = first.prev_sibling or first
    while _joined(last, last.next_sibling):
        last = last.next_sibling or last
    return first, last


def _joined(above: tree_sitter.Node | None, below: tree_sitter.Node | None) -> bool:
    if above is None or below is None or above.type != below.type or above.type not in _COMMENTS:
        return False
    last_row = above.end_point.row - (above.end_point.column == 0)
    return below.start_point.row - last_row <= 1


def _end(document: Document, node: tree_sitter.Node) -> int:
    """The end of a node without the line ends that some grammars count to it."""
    start, end = document.char_of(node.start_byte), document.char_of(node.end_byte)
    while end > start and document.text[end - 1] in "\r\n":
        end -= 1
    return end
