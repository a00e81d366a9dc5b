"""What is cut from a suggestion, and what is never offered: repetitions of what follows, and anything that adds a fault.

A model fills a gap with more than belongs there: the closing bracket that stands right of the cursor, or the lines
below it once more. Of the shorter forms the first one is taken that the tree takes too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import tree_sitter

from assistant.ground.visible import visible
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
_GOES_ON = (b"{", b"}", b"]", b")", b"</", b"end")
"""How more of a thing begins in the first column."""
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.M)
_PROSE = frozenset(("markdown",))
"""Languages in which fences are at home."""


def polish(document: Document, cursor: int, text: str) -> str:
    """The part of `text` that may be offered at `cursor`; empty if nothing may.

    It repeats nothing of what follows, adds no fault to the document, and ends in blanks only where a word follows
    that they belong in front of.
    """
    text = _without_fences(document, text)
    small, at = around(document, cursor)
    for _, candidate in zip(range(_MOST_TRIES), _candidates(small, at, text), strict=False):
        if adds_no_fault(small, at, candidate):
            return candidate
    return ""


def typable(text: str, document: Document) -> str:
    """`text` without what nobody types: control characters, invisible ones, and blanks that the document has not.

    Line ends become line feeds.
    """
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    kept = []
    for sign in text:
        if sign == " " or unicodedata.category(sign) != "Zs":
            kept.append(sign if visible(sign) == sign else "")
        else:
            kept.append(sign if sign in document.text else " ")
    return "".join(kept)


def adds_no_fault(document: Document, cursor: int, text: str) -> bool:
    """Whether the document with `text` at `cursor` has no fault that it does not have now.

    A line that is half written is a fault now; where the document is sound without that line, it must be sound with
    the suggestion too.
    """
    after = document.edit(cursor, cursor, text)
    if new_faults(document, after) or len(faults(after)) > len(faults(document)):
        return False
    line = document.line_span(document.line_of(cursor))
    if not document.text[line.start : line.end].strip():
        return True
    content = document.text[line.start : line.end].rstrip("\r\n")
    without = document.edit(line.start, line.start + len(content), "")
    return bool(faults(without)) or not new_faults(without, after)


def _candidates(document: Document, cursor: int, text: str) -> Iterator[str]:
    """Forms of a suggestion, the best first, each once."""
    seen, broken = {""}, bool(faults(document))
    rest = document.text[cursor:]
    line_rest = rest.split("\n", 1)[0].rstrip("\r")
    text = _without_odd_blank(document.text[:cursor].rpartition("\n")[2], without_following_lines(text, rest))
    while text.strip():
        for form in _line_forms(text, line_rest, broken):
            if form not in seen and form.strip():
                seen.add(form)
                yield form
        head, found, _ = text.rstrip().rpartition("\n")
        if not found:
            return
        # What the dropped line said otherwise may have been all that told it from what follows.
        text = without_following_lines(head, rest)


def _without_odd_blank(left: str, text: str) -> str:
    """Behind an indentation, `text` without a single blank before its first word, which models write once too often.

    Where the indentation itself lacks a blank, it stays.
    """
    whole = left and not left.strip() and (left.endswith("\t") or len(left) % 2 == 0)
    odd = whole and text[:1] == " " and (text[1:2].isalpha() or text[1:2] == "_")
    return text[1:] if odd else text


def _line_forms(text: str, line_rest: str, broken: bool) -> Iterator[str]:
    """The text without what stands right of the cursor already, then as it is.

    Closing brackets alone may be meant as such, but only where the document is `broken` for want of them.
    """
    rest, text = line_rest.rstrip(), text.rstrip()
    if rest:
        size = _shared(text, rest)
        at = _said_again(text, rest) if size < len(rest) else len(text) - size
        whole = at is not None
        alone = whole and not text[:at].strip()
        if at is None and size and (size >= 4 or _closes(rest[:size])):
            at = len(text) - size
        if at is not None:
            yield text[:at] if rest[0].isalnum() or rest[0] == "_" else text[:at].rstrip()
        if whole and (not _closes(rest) or (alone and not broken)):
            return
    yield text
    if not rest and text and text[-1] in _BRACKETS:
        # A closing bracket that is one too many.
        yield text[:-1].rstrip()


def _shared(text: str, rest: str) -> int:
    """How many of the first characters of `rest` the text ends with."""
    return next((size for size in range(len(rest), 0, -1) if text.endswith(rest[:size])), 0)


def _said_again(text: str, rest: str) -> int | None:
    """Where the end of `text` begins that says all of `rest`, with other blanks perhaps; None if it does not."""
    at = len(text)
    for sign in reversed("".join(rest.split())):
        at = len(text[:at].rstrip()) - 1
        if at < 0 or text[at] != sign:
            return None
    return at


def _closes(text: str) -> bool:
    """Whether a text only closes what was opened before."""
    return all(sign in _CLOSING for sign in text.strip())


def _without_fences(document: Document, text: str) -> str:
    """`text` up to the first fence, where the file is code and has none itself: what follows is a chat."""
    if document.language is None or document.language.name in _PROSE:
        return text
    fence = _FENCE.search(text)
    return text if fence is None or _FENCE.search(document.text) else text[: fence.start()]


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
    # In broken code parts of a body lie beside each other at the top; what is whole begins in the first column, and
    # not with the bracket of something that has begun above.
    while first is not None and not _begins(document, first) and up.goto_previous_sibling():
        first = up.node
    while down.goto_next_sibling() and (below := down.node) is not None:
        if below.start_byte >= byte + _BELOW and _begins(document, below):
            break
        last = below
    assert first is not None and last is not None
    start = document.line_span(document.line_of(document.char_of(first.start_byte))).start
    last_line = max(document.line_of(document.char_of(last.end_byte)), document.line_of(cursor))
    end = document.line_span(last_line).end
    if end - start > _LARGE:
        return document, cursor
    return Document(document.text[start:end], document.language), cursor - start


def _begins(document: Document, node: tree_sitter.Node) -> bool:
    """Whether something of its own begins with a node at the top, rather than more of what stands above it."""
    return not node.start_point.column and not document.data.startswith(_GOES_ON, node.start_byte)
