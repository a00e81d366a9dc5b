"""Where a suggestion is complete, by the tree: at the end of the statement, of the block that it is the last part of,
or of the line where more stands right of the cursor.

`Ending` is asked at each line end of a reply, so that the model stops when there is nothing more to say.
"""

from __future__ import annotations

import re

import tree_sitter

from assistant.syntax.document import Document, Span

_CLOSERS = re.compile(r"[)\]}>;,]+|end\b.*|</.*")

_LONG_TEXT = re.compile(r"string(?!_scalar)|comment|heredoc")
"""Types of nodes whose content is prose; YAML's `string_scalar` is any word."""
_OPENING_TAGS = frozenset(("start_tag", "STag", "jsx_opening_element"))


class Ending:
    """The end of one suggestion at `cursor` of `document`, whose text is what stands there now."""

    def __init__(self, document: Document, cursor: int, most_lines: int) -> None:
        line = document.line_span(document.line_of(cursor))
        self._document, self._cursor, self._most_lines = document, cursor, most_lines
        self._left = document.text[line.start : cursor]
        self.within_line = bool(document.text[cursor : line.end].strip())
        self._next_line = _first_full_line(document.text[line.end :]) if not self.within_line else ""
        width = len(self._next_line) - len(self._next_line.lstrip())
        # A whole block is wanted on an empty line that is the last one of something.
        self.in_block = not self._left.strip() and width < len(self._left)
        at_cursor = document.node_at(Span(cursor, cursor))
        self._broken = at_cursor is not None and _lies_in_error(at_cursor)
        self._prose = at_cursor is None or _is_long_text(document, at_cursor, line)
        own = len(self._left) - len(self._left.lstrip())
        self._heads = not self._prose and width > own
        self._parsed = 0

    def end(self, text: str) -> int | None:
        """Where the reply so far is complete; None while it is not (yet)."""
        if self.within_line:
            at = text.find("\n")
            return at if at >= 0 else None
        end = text.rfind("\n") + 1
        if end <= self._parsed or not text[:end].strip():
            return None
        self._parsed = end
        if text.count("\n", 0, end) > self._most_lines:
            return end
        if self._prose:
            return end if self._left.strip() or text[:end].endswith("\n\n") else None
        return self._head(text) or self._end_by_tree(text[:end])

    def _end_by_tree(self, text: str) -> int | None:
        after = self._document.edit(self._cursor, self._cursor, text)
        at = self._first_statement(after, text)
        until = self._cursor + len(text)
        base = _column(after.text, at) if at is not None else 0
        while at is not None and at < until:
            node = _statement(after, at)
            end = _line_end(after.text, after.char_of(node.end_byte))
            if end > until or not _is_sound(node) or (_lies_in_error(node) and not self._broken):
                # Something is still open, or takes in what stands below the cursor.
                return None
            following = _next_content(after.text, end, until)
            ended = following < until
            if not ended and (self.in_block or _is_note(after, node) or _may_go_on(after.text, at, end)):
                return None
            if not _is_note(after, node) and not (self.in_block and _column(after.text, following) == base):
                return self._with_closer(after.text, end, following, until)
            at = following
        return None

    def _head(self, text: str) -> int | None:
        """The end of the reply's first line, if what stands below the cursor, further in, is what belongs to it."""
        heads, self._heads = self._heads, False
        first = text.find("\n")
        if not heads or not text[:first].strip():
            return None
        after = self._document.edit(self._cursor, self._cursor, text[:first])
        at = _next_content(after.text, self._cursor - len(self._left), self._cursor + first)
        node = _statement(after, at)
        whole = after.char_of(node.end_byte) > self._cursor + first + 1
        return first + 1 if whole and _is_sound(node) and not _lies_in_error(node) else None

    def _first_statement(self, after: Document, text: str) -> int | None:
        """Where that begins which the suggestion writes: the cursor's own statement, or the first one after it."""
        start = self._cursor - len(self._left.lstrip())
        blank = len(text) - len(text.lstrip())
        if self._left.strip() and not ("\n" in text[:blank] and _is_sound(_statement(self._document, start))):
            node = _statement(after, start)
            if after.char_of(node.end_byte) > self._cursor or node.has_error:
                return start
        return self._cursor + blank if blank < len(text) else None

    def _with_closer(self, text: str, end: int, at: int, until: int) -> int:
        """Up to `end`, and the line after it if that only closes what stands open."""
        line_end = _line_end(text, at)
        if at < until and line_end <= until and _CLOSERS.fullmatch(text[at:line_end].strip()):
            end = line_end
        return end - self._cursor


def _statement(document: Document, at: int) -> tree_sitter.Node:
    """The largest node that begins at a character and is one thing, not a row of things."""
    assert document.tree is not None
    byte = document.byte_of(at)
    root = document.tree.root_node
    node = root.descendant_for_byte_range(byte, byte + 1) or root
    while (parent := node.parent) is not None and parent != root and parent.start_byte == byte:
        if _is_row(document, parent):
            break
        node = parent
    return node


def _is_sound(node: tree_sitter.Node) -> bool:
    """Whether nothing is wrong within a node, and what it ends with is neither empty nor only announced."""
    if node.has_error or node.is_missing:
        return False
    last = node
    while last.children:
        last = last.children[-1]
        if last.is_named and last.start_byte == last.end_byte:
            return False
    # A key or a label alone, and the sign that a text of several lines follows, as YAML has it.
    text = last.parent.text if last.parent is not None and last.parent.type == "block_scalar" else b"\n"
    return last.type != ":" and b"\n" in (text or b"").strip(b" ")


def _lies_in_error(node: tree_sitter.Node) -> bool:
    around: tree_sitter.Node | None = node
    while around is not None:
        if around.is_error:
            return True
        around = around.parent
    return False


def _is_long_text(document: Document, node: tree_sitter.Node, line: Span) -> bool:
    """Whether a node is a text or a comment that goes on below a line, or a part of such a text.

    In broken code it may well be that the reply is to close that text.
    """
    if document.tree is None or document.tree.root_node.has_error:
        return False
    return any(
        one is not None
        and _LONG_TEXT.search(one.type)
        and document.char_of(one.end_byte) > line.end
        and document.char_of(one.start_byte) < line.end
        for one in (node, node.parent)
    )


def _is_note(document: Document, node: tree_sitter.Node) -> bool:
    """Whether a node says something about the one after it, so that it is not complete by itself."""
    return "comment" in node.type or (document.language is not None and node.type in document.language.attached)


def _may_go_on(text: str, start: int, end: int) -> bool:
    """Whether what ends here by the tree may have another line: its last one stands further in than its first."""
    last = text.rfind("\n", 0, max(end - 1, 0)) + 1
    return last > start and _column(text, last) > _column(text, start)


def _is_row(document: Document, node: tree_sitter.Node) -> bool:
    """Whether a node is a row of statements: the first thing in it has a name, and others begin below it.

    Those of a list have commas between them, and what closes a text is a mark without parts.
    """
    if document.language is not None and node.type in document.language.wrappers:
        return False
    children = node.children
    if len(children) < 2 or not children[0].is_named or children[0].start_byte != node.start_byte:
        return False
    if children[1].type == "," or children[0].type in _OPENING_TAGS:
        return False
    column = node.start_point.column
    return any(
        child.is_named
        and child.child_count
        and child.start_point.row > node.start_point.row
        and child.start_point.column == column
        for child in children[1:]
    )


def _first_full_line(text: str) -> str:
    return next((line for line in text.split("\n") if line.strip()), "")


def _column(text: str, at: int) -> int:
    """How far in the line of `at` begins."""
    start = text.rfind("\n", 0, at) + 1
    line = text[start : text.find("\n", start) if text.find("\n", start) >= 0 else len(text)]
    return len(line) - len(line.lstrip())


def _line_end(text: str, at: int) -> int:
    """Behind the line feed that ends the line of what ends at `at`."""
    if at and text[at - 1] == "\n":
        return at
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _next_content(text: str, at: int, until: int) -> int:
    """The next character that is not blank, or `until`."""
    while at < until and text[at].isspace():
        at += 1
    return at
