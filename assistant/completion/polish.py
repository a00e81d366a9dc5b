"""What is cut from a suggestion, and what is never offered: repetitions of what follows, and anything that adds a fault.

A model fills a gap with more than belongs there: the closing bracket that stands right of the cursor, or the lines
below it once more. Of the shorter forms the first one is taken that the tree takes too.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.syntax.document import Document
from assistant.syntax.faults import faults, new_faults

_MOST_TRIES = 6
_SMALL, _LARGE = 6_000, 60_000
"""Characters up to which a file is looked at whole for faults; and the most that is looked at of a larger one, if it can
be taken apart."""
_BELOW = 1_500
"""Characters below the cursor that belong to what is looked at: a suggestion may repeat them."""
_BRACKETS = ")]}>"
_CLOSING = _BRACKETS + "\"'`;,:"


def polish(document: Document, cursor: int, text: str) -> str:
    """The part of `text` that may be offered at `cursor`; empty if nothing may.

    It repeats nothing of what follows, ends in no blanks, and adds no fault to the document.
    """
    small, at = around(document, cursor)
    for _, candidate in zip(range(_MOST_TRIES), _candidates(small, at, text), strict=False):
        if adds_no_fault(small, at, candidate):
            return candidate
    return ""


def adds_no_fault(document: Document, cursor: int, text: str) -> bool:
    """Whether the document with `text` at `cursor` has no fault that it does not have now.

    A line that is half written is a fault now; where the document is sound without that line, it must be sound with
    the suggestion too.
    """
    after = document.edit(cursor, cursor, text)
    if new_faults(document, after):
        return False
    line = document.line_span(document.line_of(cursor))
    if not document.text[line.start : line.end].strip():
        return True
    content = document.text[line.start : line.end].rstrip("\r\n")
    without = document.edit(line.start, line.start + len(content), "")
    return bool(faults(without)) or not new_faults(without, after)


def _candidates(document: Document, cursor: int, text: str) -> Iterator[str]:
    """Forms of a suggestion, the best first, each once."""
    seen = {""}
    rest = document.text[cursor:]
    line_rest = rest.split("\n", 1)[0].rstrip("\r")
    text = _without_odd_blank(document.text[:cursor].rpartition("\n")[2], without_following_lines(text, rest))
    while text.strip():
        for form in _line_forms(text, line_rest):
            form = form.rstrip()
            if form not in seen and form.strip():
                seen.add(form)
                yield form
        head, found, _ = text.rstrip().rpartition("\n")
        if not found:
            return
        text = head


def _without_odd_blank(left: str, text: str) -> str:
    """Behind an indentation, `text` without a single blank before its first word, which models write once too often."""
    odd = left and not left.strip() and text[:1] == " " and (text[1:2].isalpha() or text[1:2] == "_")
    return text[1:] if odd else text


def _line_forms(text: str, line_rest: str) -> Iterator[str]:
    """The text without what stands right of the cursor already, then as it is."""
    rest = line_rest.rstrip()
    if rest:
        trimmed = text.rstrip()
        shared = next((size for size in range(len(rest), 0, -1) if trimmed.endswith(rest[:size])), 0)
        closing = all(sign in _CLOSING for sign in rest[:shared].strip())
        if shared and (closing or shared >= min(len(rest), 4)):
            yield trimmed[: len(trimmed) - shared]
    yield text
    trimmed = text.rstrip()
    if not rest and trimmed and trimmed[-1] in _BRACKETS:
        # A closing bracket that is one too many.
        yield trimmed[:-1]


def without_following_lines(text: str, rest: str) -> str:
    """`text` up to the first line from which on it says what follows the cursor's line anyway."""
    following = [line.strip() for line in rest.split("\n")[1:40] if line.strip()]
    if not following:
        return text
    lines = text.split("\n")
    for index, line in enumerate(lines):
        if index == 0 and rest.split("\n", 1)[0].strip():
            continue
        said = [one.strip() for one in lines[index:] if one.strip()]
        if line.strip() and said and _repeats(said, following):
            return "\n".join(lines[:index])
    return text


def _repeats(said: list[str], following: list[str]) -> bool:
    """Whether lines are those that follow; the last one may be cut off, and short ones alone prove nothing."""
    if len(said) > len(following):
        said = said[: len(following)]
    last, wanted = said[-1], following[len(said) - 1]
    if said[:-1] != following[: len(said) - 1] or not wanted.startswith(last):
        return False
    return any(any(map(str.isalnum, line)) for line in said) if last == wanted else len("".join(said)) >= 8


def around(document: Document, cursor: int) -> tuple[Document, int]:
    """The outermost things around the cursor and a little further down, and where the cursor is in that.

    Parsing a whole file for each line of a suggestion would take longer than the model does. A small file, and what
    cannot be taken apart, come whole.
    """
    if len(document.text) <= _SMALL or document.quick_tree is None:
        return document, cursor
    byte = document.byte_of(max(0, len(document.text[:cursor].rstrip()) - 1))
    # One walk for each way: a node's own siblings are looked for from the first one on.
    down, up = document.quick_tree.walk(), document.quick_tree.walk()
    if down.goto_first_child_for_byte(byte) is None or up.goto_first_child_for_byte(byte) is None:
        return document, cursor
    first, last = up.node, down.node
    # In broken code parts of a body lie beside each other at the top; what is whole begins in the first column.
    while first is not None and first.start_point.column and up.goto_previous_sibling():
        first = up.node
    while down.goto_next_sibling() and (below := down.node) is not None:
        if not below.start_point.column and below.start_byte >= byte + _BELOW:
            break
        last = below
    assert first is not None and last is not None
    start = document.line_span(document.line_of(document.char_of(first.start_byte))).start
    last_line = max(document.line_of(document.char_of(last.end_byte)), document.line_of(cursor))
    end = document.line_span(last_line).end
    if end - start > _LARGE:
        return document, cursor
    return Document(document.text[start:end], document.language), cursor - start
