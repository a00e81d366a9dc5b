"""Where a source may be cut: at the beginning of a line where, by the tree, something begins; outer things first.

Without a tree, a paragraph is the outer thing and a line the inner one.
"""

from __future__ import annotations

import tree_sitter

from assistant.syntax.document import Document

_SHARE = 0.6
"""Within this share of what could be kept, the outermost boundary wins over the farthest one."""
_NO_BOUNDARY = 10_000


def cut_before(document: Document, earliest: int, latest: int) -> int:
    """Where a text that ends at `latest` begins, at `earliest` or a little after it; `latest` if nothing can be kept."""
    starts = [start for start in _line_starts(document.text, earliest, latest) if start < latest]
    return _best(document, starts, earliest + (latest - earliest) * _SHARE, latest)


def cut_after(document: Document, earliest: int, latest: int, share: float = _SHARE) -> int:
    """Where a text that begins at `earliest` ends, at `latest` or a little before it; `earliest` if nothing fits.

    Args:
        share: of all that could be kept, so much is given up for an outer boundary.
    """
    if latest >= len(document.text):
        return len(document.text)
    starts = [start for start in _line_starts(document.text, earliest, latest) if start > earliest]
    return _best(document, starts[::-1], latest - (latest - earliest) * share, earliest)


def _best(document: Document, starts: list[int], reach: float, nothing: int) -> int:
    """Of places from the farthest to the nearest: the outermost one of those within reach, else the farthest."""
    if not starts:
        return nothing
    farther = starts[0] < reach
    within = [start for start in starts if (start <= reach) == farther or start == starts[0]]
    return min(within, key=lambda start: depth_at(document, start))


def depth_at(document: Document, start: int) -> int:
    """How deep that lies which begins on the line at `start`: 0 at the top, large where nothing begins there."""
    text = document.text
    if start == 0:
        return 0
    end = text.find("\n", start)
    line = text[start : end if end >= 0 else len(text)]
    if not line.strip():
        return _NO_BOUNDARY
    first = document.byte_of(start + len(line) - len(line.lstrip()))
    if document.quick_tree is None:
        above = text[: start - 1].rpartition("\n")[2]
        return 0 if not above.strip() else 1
    root = document.quick_tree.root_node
    node: tree_sitter.Node | None = root.descendant_for_byte_range(first, first + 1)
    if node is None or node.start_byte != first:
        # A line within a string or a comment.
        return _NO_BOUNDARY
    while node.parent is not None and node.parent.start_byte == first and node.parent != root:
        node = node.parent
    depth = 0
    while node is not None and node.parent is not None:
        node, depth = node.parent, depth + 1
    return depth


def _line_starts(text: str, start: int, end: int) -> list[int]:
    """Where lines begin from `start` to `end`, both included."""
    found = [start] if start == 0 or text[start - 1 : start] == "\n" else []
    at = text.find("\n", start, end)
    while at >= 0:
        found.append(at + 1)
        at = text.find("\n", at + 1, end)
    return found
