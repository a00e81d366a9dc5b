"""What each piece of code is, for colours: keyword, string, comment and so on, read off the tree for the lines in view.

One walk over the nodes of these lines, by rules that hold for every grammar: what a node is called, and what its parent
uses it for. No query, so it costs what the lines cost, in any language of the table. This knows no colours.
"""

from __future__ import annotations

import re
from typing import Literal

import tree_sitter

from assistant.syntax.document import Document

Role = Literal[
    "keyword", "string", "escape", "comment", "number", "constant", "function", "type", "property", "tag", "heading"
]
Piece = tuple[int, int, Role]
"""Columns of a line, in characters, the end not included."""

_WORD = re.compile(r"[A-Za-z_#@!][\w\-!?#@]*$")
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]+$")
_TYPE = re.compile(r"[A-Z]\w*[a-z]\w*$")

_ROLES: dict[str, Role] = {
    **dict.fromkeys(("true", "false", "none", "null", "nil", "undefined", "True", "False", "None"), "constant"),
    **dict.fromkeys(("boolean", "boolean_scalar", "null_scalar", "boolean_literal", "null_literal"), "constant"),
    **dict.fromkeys(("this", "self", "super"), "constant"),
    **dict.fromkeys(("escape_sequence", "escape", "interpolation_start"), "escape"),
    **dict.fromkeys(("regex", "regex_pattern", "char_literal", "rune_literal", "character_literal", "char"), "string"),
    **dict.fromkeys(("fenced_code_block", "indented_code_block", "code_span", "inline_code"), "string"),
    **dict.fromkeys(("heredoc_body", "color_value", "attribute_value", "plain_value"), "string"),
    **dict.fromkeys(("type_identifier", "primitive_type", "predefined_type", "builtin_type", "class_name"), "type"),
    **dict.fromkeys(("namespace_identifier", "package_identifier", "simple_type"), "type"),
    **dict.fromkeys(("tag_name", "erroneous_end_tag_name", "Name"), "tag"),
    **dict.fromkeys(("attribute_name", "property_name", "field_identifier", "property_identifier", "key"), "property"),
    **dict.fromkeys(("shorthand_property_identifier", "bare_key", "plain_key"), "property"),
    **dict.fromkeys(("atx_heading", "setext_heading"), "heading"),
    **dict.fromkeys(("decorator", "attribute_item", "inner_attribute_item", "preproc_directive"), "constant"),
}
_NUMBERS = ("number", "integer", "float", "int_literal", "integer_literal", "float_literal", "number_literal")
_CALLS = ("function", "method", "macro", "name")
_CALLERS = ("call", "invocation", "command")
_DEFINERS = ("function", "method", "constructor", "class", "struct", "enum", "trait", "interface", "type")


def colours(document: Document, first: int, last: int, seconds: float = 5.0) -> dict[int, list[Piece]]:
    """The pieces of lines `first` to `last` (from 0, the last not included), each line's in order; plain ones left out.

    The tree is the quick one: it keeps step with typing, and broken code may look otherwise than after a fresh parse.
    One that is not parsed in so many `seconds` is the one from before the last edits.
    """
    tree = document.tree_soon(seconds)
    found: dict[int, list[Piece]] = {}
    if tree is not None:
        _Walk(document, first, last, found).run(tree.walk())
    return found


class _Walk:
    def __init__(self, document: Document, first: int, last: int, found: dict[int, list[Piece]]) -> None:
        self._data = document.data
        self._first = first
        self._last = last
        self._found = found
        self._starts: dict[int, int] = {}

    def run(self, cursor: tree_sitter.TreeCursor) -> None:
        """Every node that touches the lines, parents first."""
        if not self._down(cursor):
            return
        parents = [""]
        while True:
            node = cursor.node
            assert node is not None
            start, end = node.start_point, node.end_point
            inside = end.row >= self._first and start.row < self._last
            if inside:
                role = self._role(node, cursor.field_name or "", parents[-1])
                if role is not None:
                    self._add(node, start, end, role)
                whole = role in ("comment", "number")
                if not whole and self._down(cursor):
                    parents.append(node.type)
                    continue
            if start.row >= self._last:
                if not cursor.goto_parent():
                    return
                parents.pop()
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent() or len(parents) < 2:
                    return
                parents.pop()

    def _down(self, cursor: tree_sitter.TreeCursor) -> bool:
        """To the first child that reaches into the lines."""
        return cursor.goto_first_child_for_point((self._first, 0)) is not None

    def _role(self, node: tree_sitter.Node, field: str, parent: str) -> Role | None:
        kind = node.type
        if (known := _ROLES.get(kind)) is not None:
            return known
        if not node.is_named:
            return "keyword" if _WORD.match(kind) else None
        if "comment" in kind:
            return "comment"
        if "string" in kind and kind not in ("string_interpolation",):
            return "string"
        if kind in _NUMBERS or kind.endswith("_integer_literal"):
            return "number"
        if kind in ("interpolation", "template_substitution", "string_interpolation"):
            return None
        if kind == "identifier" or kind.endswith("identifier") or kind in ("name", "word", "constant"):
            return self._named(node, field, parent)
        return None

    def _named(self, node: tree_sitter.Node, field: str, parent: str) -> Role | None:
        if field in _CALLS and any(word in parent for word in _CALLERS):
            return "function"
        if field == "name" and any(word in parent for word in _DEFINERS):
            return "function" if any(word in parent for word in _DEFINERS[:3]) else "type"
        if field == "type" or parent == "type":
            return "type"
        if node.end_byte - node.start_byte > 100:
            return None
        text = self._data[node.start_byte : node.end_byte].decode("utf-8", "replace")
        if _CONSTANT.match(text):
            return "constant"
        return "type" if _TYPE.match(text) else None

    def _add(self, node: tree_sitter.Node, start: tree_sitter.Point, end: tree_sitter.Point, role: Role) -> None:
        for row in range(max(start.row, self._first), min(end.row + 1, self._last)):
            begin = self._column(node, row, start.column) if row == start.row else 0
            stop = self._column(node, row, end.column) if row == end.row else 1_000_000
            if stop > begin:
                self._found.setdefault(row, []).append((begin, stop, role))

    def _column(self, node: tree_sitter.Node, row: int, byte: int) -> int:
        """Characters before a byte of a row."""
        if byte == 0:
            return 0
        near, at = (
            (node.start_byte, node.start_point) if row == node.start_point.row else (node.end_byte, node.end_point)
        )
        line = near - at.column
        before = self._data[line : line + byte]
        return byte if before.isascii() else len(before.decode("utf-8", "surrogateescape"))
