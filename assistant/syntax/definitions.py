"""Finds what a source text defines, and what it uses, by the query of its language; names are made whole in `symbols`.

`queries/<language>/symbols.scm` captures a definition under its kind, with `@name`, and `@body` where it has one (with
neither, the node's own fields of these names are taken); a later pattern overrides an earlier one for the same name.
`@scope` captures what lends its name to the definitions within without being one (a Rust `impl`), `@receiver` a name to
put before the definition's own (a Go method's type). `@path` is a name that itself has parts (`Jar::open`).
`@level` marks a heading by a node with a digit in its type: its section goes on to the next heading of that level.
`@reference` captures a use of a name, for the repository map; one that is called on something is `@reference.member`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, get_args

import tree_sitter

from assistant.syntax.document import Document, is_hopeless
from assistant.syntax.languages import Language, query

Kind = Literal[
    "function",
    "method",
    "class",
    "type",
    "constant",
    "variable",
    "field",
    "test",
    "module",
    "section",
    "key",
    "rule",
    "element",
]
_FEW = 100
KINDS: frozenset[str] = frozenset(get_args(Kind))


@dataclass(frozen=True)
class Definition:
    """What a query has captured; pairs are byte ranges, `whole` with all that belongs to the definition."""

    kind: str
    name: str
    receiver: str
    whole: tuple[int, int]
    node: tuple[int, int]
    name_bytes: tuple[int, int]
    body: tuple[int, int] | None
    level: int = 0
    """Of a heading: its section ends before the next one whose level is no greater."""


_Captures = dict[str, list[tree_sitter.Node]]


def definitions(
    document: Document, uses: Counter[str] | None = None, near: tuple[int, int] | None = None
) -> list[Definition]:
    """The definitions of a document and its scopes, in the order of the text, the outer ones first.

    Args:
        uses: takes how often each name is used; one that is called on something (it may be anything's) with a full stop
            before it.
        near: look by the quick tree, and only for what these bytes touch; in a large file, what is only a definition
            because it stands at the top (a constant) is left out. Of no use where there are headings.
    """
    language = document.language
    tree = document.tree if near is None else document.quick_tree
    if language is None or tree is None or is_hopeless(tree):
        return []
    asked = query(language, "symbols", leave_out="@reference" if uses is None else "")
    cursor = tree_sitter.QueryCursor(asked)
    if near is not None:
        cursor.set_byte_range(*near)
    chosen: dict[int, tuple[int, str, _Captures]] = {}
    roots = [tree.root_node] if near is None else _at_the_top(tree, *near)
    for pattern, captures in (match for root in roots for match in cursor.matches(root)):
        kind = next((name for name in captures if name in KINDS or name == "scope"), None)
        if kind is None:
            if uses is not None:
                uses.update(_used(document, captures))
            continue
        name = _name(captures, kind)
        if name is None:
            continue
        key = name.start_byte
        if key not in chosen or chosen[key][0] <= pattern:
            chosen[key] = (pattern, kind, captures)
    found = [one for _, kind, captures in chosen.values() for one in _definition(document, language, kind, captures)]
    found.sort(key=lambda one: (one.whole[0], -one.whole[1], one.name_bytes[0]))
    return _to_next_heading(found, len(document.data)) if any(one.level for one in found) else found


def _at_the_top(tree: tree_sitter.Tree, start: int, end: int) -> list[tree_sitter.Node]:
    """The root, or, of one with many children, those that touch these bytes: a query asks each child of a node."""
    walk = tree.walk()
    if tree.root_node.child_count <= _FEW or walk.goto_first_child_for_byte(start) is None:
        return [tree.root_node]
    found: list[tree_sitter.Node] = []
    while (node := walk.node) is not None and node.start_byte <= end:
        found.append(node)
        if not walk.goto_next_sibling():
            break
    return found


def has_headings(language: Language) -> bool:
    """Whether a definition of this language may be a heading, which reaches down to the next one."""
    asked = query(language, "symbols", leave_out="@reference")
    return "level" in map(asked.capture_name, range(asked.capture_count))


def _to_next_heading(found: list[Definition], end: int) -> list[Definition]:
    """Headings with all that stands under them."""
    whole: list[Definition] = []
    for index, one in enumerate(found):
        after = (other.node[0] for other in found[index + 1 :] if 0 < other.level <= one.level)
        last = next(after, end)
        whole.append(replace(one, node=(one.node[0], last), whole=(one.whole[0], last)) if one.level else one)
    return whole


def _used(document: Document, captures: _Captures) -> Iterator[str]:
    for capture, mark in (("reference", ""), ("reference.member", ".")):
        for node in captures.get(capture, ()):
            yield mark + document.text_of(node)


def _definition(document: Document, language: Language, kind: str, captures: _Captures) -> Iterator[Definition]:
    node = captures[kind][0]
    name = _name(captures, kind) or node
    text = _name_text(document.text_of(name))
    receiver = _name_text(document.text_of(captures["receiver"][0])) if "receiver" in captures else ""
    if "path" in captures:
        receiver, _, text = re.sub(r"<[^<>]*>|\s", "", re.sub(r"::|:|\\", ".", text)).rpartition(".")
    level = int("".join(re.findall(r"\d", captures["level"][0].type)) or 0) if "level" in captures else 0
    if level:
        text = re.sub(r"\s+#+$", "", text)
    if not text:
        return
    own_body = None if "name" in captures else node.child_by_field_name("body")
    bodies = captures.get("body") or ([own_body] if own_body else [])
    if language.test_names and kind in ("function", "method") and re.match(language.test_names, text):
        kind = "test"
    whole = _whole(document, language, node)
    body = _body(bodies) if bodies else None
    yield Definition(kind, text, receiver, whole, node.byte_range, name.byte_range, body, level)


def _name(captures: _Captures, kind: str) -> tree_sitter.Node | None:
    named = captures.get("name") or captures.get("path")
    return named[0] if named else captures[kind][0].child_by_field_name("name")


def _name_text(text: str) -> str:
    """A name as it is addressed: on one line, without quotes around it."""
    text = " ".join(text.split())
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`"
    return text[1:-1] if quoted else text


def _whole(document: Document, language: Language, node: tree_sitter.Node) -> tuple[int, int]:
    """The bytes of a definition with its wrappers, and with the attributes and doc comments right above it."""
    while node.parent is not None and node.parent.type in language.wrappers:
        node = node.parent
    start = first = node
    if language.attached or language.doc_comment:
        while _something_above(document.data, first.start_byte):
            above = first.prev_sibling
            if above is None or not _belongs(document, language, above, first):
                break
            first = above
            if above.type in language.attached or not _shares_its_line(document.data, above.start_byte):
                start = above
    return start.start_byte, node.end_byte


def _something_above(data: bytes, start: int) -> bool:
    """Whether something other than a blank line stands on a byte's line before it, or else on the line above."""
    line_start = data.rfind(b"\n", 0, start) + 1
    above = data.rfind(b"\n", 0, max(line_start - 1, 0)) + 1
    return data[above:start].strip() != b""


def _belongs(document: Document, language: Language, above: tree_sitter.Node, below: tree_sitter.Node) -> bool:
    last_row = above.end_point.row - (above.end_point.column == 0)
    if below.start_point.row - last_row > 1:
        return False
    if above.type in language.attached:
        return True
    if "comment" not in above.type or not language.doc_comment:
        return False
    return re.match(language.doc_comment, document.text_of(above)) is not None


def _shares_its_line(data: bytes, start: int) -> bool:
    line_start = data.rfind(b"\n", 0, start) + 1
    return data[line_start:start].strip() != b""


def _body(nodes: list[tree_sitter.Node]) -> tuple[int, int]:
    first = nodes[0]
    # Comments between a Python signature and its first statement stand before the block, yet within the body.
    while (above := first.prev_sibling) is not None and above.type == "comment":
        first = above
    return first.start_byte, nodes[-1].end_byte
