"""What a piece of Python is under its names, its layout and its comments: hashes of its statements' syntax trees.

Renaming, reformatting, comments, type hints and the order of statements or of commuting operands change nothing in
the hashes; builtins, attributes, keywords and literals count. Parsing is tree-sitter's, so broken code has them too.
"""

from __future__ import annotations

import builtins
import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import tree_sitter

from trainer.evolve.code import parse

_BUILTINS = frozenset(dir(builtins)) - {"_", "copyright", "credits", "license", "exit", "quit"}
_UNORDERED = frozenset({"block", "module", "import_from_statement", "set", "keyword_argument_list"})
_COMMUTING = frozenset({"+", "*", "&", "|", "^", "==", "!=", "and", "or"})
_SKIPPED = frozenset({"comment", "type", "decorator", "type_parameter", "line_continuation"})
_TRANSPARENT = frozenset({"parenthesized_expression", "expression_statement"})
_COUNTED = frozenset(
    {
        "expression_statement", "return_statement", "if_statement", "for_statement", "while_statement", "with_statement",
        "try_statement", "raise_statement", "assert_statement", "delete_statement", "elif_clause", "else_clause",
        "except_clause", "match_statement",
    }
)  # fmt: skip
_SAME = {"expression_list": "tuple", "pattern_list": "tuple", "tuple_pattern": "tuple", "list_pattern": "list"}
_DROPPED = _SKIPPED | {"import_statement", "import_from_statement", "future_import_statement"}
_WITH_SIGNS = frozenset(
    {"binary_operator", "boolean_operator", "comparison_operator", "unary_operator", "augmented_assignment"}
)
_TYPED = frozenset({"typed_parameter", "typed_default_parameter"})


@dataclass(frozen=True)
class Fingerprint:
    """Hashes of a piece of code, each with its weight (the number of leaves under it)."""

    bodies: tuple[tuple[int, int, int], ...]
    """One for each function's body, and one for the code outside; the third number tells how a small one uses its names."""
    statements: tuple[tuple[int, int], ...]
    """One for each statement within."""


def fingerprint(source: str) -> Fingerprint:
    """The fingerprint of Python source, whole or broken."""
    tree = parse(source, "python")
    if tree is None:
        return Fingerprint((), ())
    walk = _Walk()
    # Nothing that people write is nested too deeply for this; of anything else, what was seen up to there counts.
    with contextlib.suppress(RecursionError):
        walk.node(tree.root_node)
    return Fingerprint(tuple(walk.bodies), tuple(walk.statements))


_TINY = 3
LARGE = 14
"""From this weight on a body is known by its syntax alone; of a smaller one it counts which name goes where, too."""
_TURNED = {hash(">"): hash("<"), hash(">="): hash("<=")}


class _Walk:
    def __init__(self) -> None:
        self.bodies: list[tuple[int, int, int]] = []
        self.statements: list[tuple[int, int]] = []

    def node(self, node: tree_sitter.Node) -> tuple[int, int]:
        """Hash and weight of a node; those of statements and bodies within are collected on the way."""
        kind = _SAME.get(node.type, node.type)
        if kind in ("identifier", "attribute", "keyword_argument") or not node.child_count:
            leaf = _leaf(node, kind)
            if leaf is not None:
                return hash(leaf), 1
        if kind == "string":
            return hash(("string", _string(node))), 1
        parts, weight = self._children(node)
        if (kind in _TRANSPARENT or kind in ("block", "else_clause")) and len(parts) == 1:
            result = parts[0]
        elif kind == "expression_statement":
            result = hash(("tuple", tuple(parts)))
        elif kind == "elif_clause":
            result = hash(tuple(parts))
        elif kind == "if_statement":
            result = _branches(node, parts)
        elif kind in _UNORDERED or (
            kind in ("binary_operator", "boolean_operator", "comparison_operator") and _commutes(node)
        ):
            result = hash((kind, tuple(sorted(parts))))
        elif kind == "comparison_operator" and _turned(node) and len(parts) == 3 and parts[0] != parts[2]:
            # `x > 0` is `0 < x`; of two plain names the sign alone tells a maximum from a minimum.
            result = hash((kind, (parts[2], _TURNED.get(parts[1], parts[1]), parts[0])))
        else:
            result = hash((kind, tuple(parts)))
        if kind == "generator_expression" and node.parent is not None and node.parent.type == "call":
            # `sum(x for x in y)` has no list of arguments, and `sum((x for x in y))` has one.
            result = hash(("argument_list", (result,)))
        if kind in _COUNTED:
            self.statements.append((result, weight))
        if kind in ("block", "module") and weight and (kind == "module" or _is_body(node)):
            telling = weight > _TINY or _calls_something(node)
            wiring = _wiring(node) if weight < LARGE else 0
            self.bodies.append((result, weight if telling else 0, wiring))
        return result, weight

    def _children(self, node: tree_sitter.Node) -> tuple[list[int], int]:
        parts: list[int] = []
        weight = 0
        outside = node.type == "module"
        for child in _meaningful(node):
            inner, size = self.node(child)
            # What a module's functions hold is counted as theirs.
            if outside and child.type in ("function_definition", "class_definition", "decorated_definition"):
                continue
            parts.append(inner)
            weight += size
        return parts, weight


def _branches(node: tree_sitter.Node, parts: list[int]) -> int:
    """An `elif` is an `else` that holds an `if`, however it is written."""
    kinds = [child.type for child in _meaningful(node)]
    tail: int | None = None
    for kind, part in zip(reversed(kinds), reversed(parts), strict=True):
        if kind == "else_clause":
            tail = part
        elif kind == "elif_clause":
            tail = hash((part, tail))
    return hash((hash(tuple(parts[:2])), tail))


def _meaningful(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    """The children that count: no comments, type hints, imports, docstrings, punctuation, nor a function's own name."""
    kind = node.type
    with_signs = kind in _WITH_SIGNS
    kept = []
    for child in node.children:
        inner = child.type
        if inner in _DROPPED or not (child.is_named or with_signs or inner == "not"):
            continue
        if inner == "expression_statement" and child.child_count == 1 and child.children[0].type == "string":
            continue
        if inner == "identifier" and kind == "function_definition":
            continue
        if inner in _TYPED and child.child_count:
            child = child.children[0]
        kept.append(child)
    return kept


def _leaf(node: tree_sitter.Node, kind: str) -> object | None:
    if kind == "identifier":
        name = (node.text or b"").decode("utf-8", "replace")
        parent = node.parent
        if parent is not None and parent.type == "attribute" and parent.child_by_field_name("attribute") == node:
            return ("attribute", name)
        if parent is not None and parent.type == "keyword_argument" and parent.child_by_field_name("name") == node:
            return ("keyword", name)
        return ("builtin", name) if name in _BUILTINS else "name"
    if node.child_count:
        return None
    if not node.is_named:
        return kind
    if kind in ("integer", "float"):
        return ("number", _number(node.text or b""))
    return (kind, node.text)


def _number(text: bytes) -> object:
    try:
        return float(text) if text[:2].lower() not in (b"0x", b"0o", b"0b") else int(text, 0)
    except (ValueError, OverflowError):
        return text


def _string(node: tree_sitter.Node) -> bytes:
    text = b"".join(child.text or b"" for child in node.children if child.type not in ("string_start", "string_end"))
    return text.replace(b"\\\\", b"\\").replace(b"\\'", b"'").replace(b'\\"', b'"')


def _operator(node: tree_sitter.Node) -> list[str]:
    return [child.type for child in node.children if not child.is_named]


def _commutes(node: tree_sitter.Node) -> bool:
    signs = _operator(node)
    return len(signs) == 1 and signs[0] in _COMMUTING


def _turned(node: tree_sitter.Node) -> bool:
    return _operator(node) in ([">"], [">="])


def _calls_something(body: tree_sitter.Node) -> bool:
    """Whether a tiny body names a builtin or an attribute: `x + y` alone tells nothing."""
    leaves = [body]
    while leaves:
        node = leaves.pop()
        if node.type == "identifier" and _leaf(node, "identifier") != "name":
            return True
        leaves += node.children
    return False


def _wiring(body: tree_sitter.Node) -> int:
    """A hash of how often a small function uses each of its parameters and its own names."""
    function = body.parent
    parameters = function.child_by_field_name("parameters") if function is not None else None
    if parameters is None:
        return 0
    numbers: dict[bytes, int] = {}
    taken = [child for child in _meaningful(parameters) if child.is_named]
    for child in taken:
        name = child.children[0] if child.children else child
        numbers.setdefault(name.text or b"", len(numbers))
    uses = Counter(numbers.setdefault(n.text or b"", len(numbers)) for n in _names(body))
    own = sorted(count for number, count in uses.items() if number >= len(taken))
    return hash((tuple(uses[number] for number in range(len(taken))), tuple(own)))


def _names(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    for child in _meaningful(node):
        if child.type == "identifier":
            if _leaf(child, "identifier") == "name":
                yield child
        elif child.child_count:
            yield from _names(child)


def _is_body(node: tree_sitter.Node) -> bool:
    return node.parent is not None and node.parent.type == "function_definition"
