"""What is cut from a suggestion, and what is never offered: repetitions of what follows, and anything that adds a fault.

A model fills a gap with more than belongs there: the closing bracket that stands right of the cursor, or the lines
below it once more. Of the shorter forms the first one is taken that the tree takes too.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.syntax.document import Document
from assistant.syntax.faults import faults, new_faults

_MOST_TRIES = 6
_LARGE = 60_000
"""Characters from which on only the outermost thing around the cursor is looked at for faults."""
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
    text = without_following_lines(text, rest)
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
    """The document, or of a large one the outermost thing around the cursor, and where the cursor is in it."""
    if len(document.text) <= _LARGE or document.quick_tree is None:
        return document, cursor
    root, byte = document.quick_tree.root_node, document.byte_of(max(0, len(document.text[:cursor].rstrip()) - 1))
    outer = root.descendant_for_byte_range(byte, byte + 1) or root
    while outer.parent is not None and outer.parent != root:
        outer = outer.parent
    first = document.line_of(document.char_of(outer.start_byte))
    last = max(document.line_of(document.char_of(outer.end_byte)), document.line_of(cursor))
    start, end = document.line_span(first).start, document.line_span(last).end
    if outer == root or end - start > _LARGE:
        return document, cursor
    return Document(document.text[start:end], document.language), cursor - start
