"""Which children of a syntax node mean something, and what a function's names are to it: what `fingerprint` stands on.

Names themselves never count. Which of them is which parameter does in a small function, because that is all that tells a
maximum of two from a minimum.
"""

from __future__ import annotations

import builtins
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

import tree_sitter

from assistant.syntax.languages import LANGUAGES, grammar

BUILTINS = frozenset(dir(builtins)) - {"_", "copyright", "credits", "license", "exit", "quit"}
"""Names that mean something, unless the code gives them away."""

_SKIPPED = frozenset({"comment", "type", "decorator", "type_parameter", "line_continuation"})
_DROPPED = _SKIPPED | {"import_statement", "import_from_statement", "future_import_statement"}
_WITH_SIGNS = frozenset(
    {"binary_operator", "boolean_operator", "comparison_operator", "unary_operator", "augmented_assignment"}
)
_TYPED = frozenset({"typed_parameter", "typed_default_parameter"})
_BINDS = """
(parameters (identifier) @name) (lambda_parameters (identifier) @name) (default_parameter name: (identifier) @name)
(typed_parameter (identifier) @name) (typed_default_parameter name: (identifier) @name)
(list_splat_pattern (identifier) @name) (dictionary_splat_pattern (identifier) @name)
(assignment left: (identifier) @name) (augmented_assignment left: (identifier) @name) (pattern_list (identifier) @name)
(tuple_pattern (identifier) @name) (for_statement left: (identifier) @name) (for_in_clause left: (identifier) @name)
(named_expression name: (identifier) @name) (as_pattern_target (identifier) @name)
(function_definition name: (identifier) @name) (class_definition name: (identifier) @name)
"""


def bound_builtins(root: tree_sitter.Node) -> frozenset[str]:
    """Names of builtins that the code uses for things of its own: a parameter called `list` is a name like any other."""
    if not _may_bind().search(root.text or b""):
        return frozenset()
    found = tree_sitter.QueryCursor(_query()).captures(root).get("name", ())
    return frozenset((node.text or b"").decode("utf-8", "replace") for node in found) & BUILTINS


@cache
def _may_bind() -> re.Pattern[bytes]:
    """Finds a builtin where something could be given its name: most code has none, and needs no query."""
    names = "|".join(sorted(re.escape(name) for name in BUILTINS))
    return re.compile(
        rf"(?:\b(?:def|class|for|as)\s+|[,(*:]\s*|^\s*)(?:{names})\s*(?:[,):(]|=(?!=)|in\b|[-+*/%|&^]+=)".encode(), re.M
    )


@cache
def _query() -> tree_sitter.Query:
    return tree_sitter.Query(grammar(next(row for row in LANGUAGES if row.name == "python")), _BINDS)


def meaningful(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    """The children that count: no comments, type hints, imports, docstrings, punctuation, nor a function's own name."""
    kind = node.type
    with_signs = kind in _WITH_SIGNS
    kept = []
    for child in node.children:
        inner = child.type
        if inner in _DROPPED or not (child.is_named or with_signs):
            continue
        if inner == "expression_statement" and child.child_count == 1 and child.children[0].type == "string":
            continue
        if inner == "identifier" and kind == "function_definition":
            continue
        if inner in _TYPED and child.child_count:
            child = child.children[0]
        kept.append(child)
    return kept


def signs(node: tree_sitter.Node) -> tuple[str, ...]:
    """The operators of an operation."""
    return tuple(child.type for child in node.children if not child.is_named or child.type in ("not in", "is not"))


def bare(node: tree_sitter.Node) -> tree_sitter.Node:
    """What is in the parentheses."""
    while node.type == "parenthesized_expression":
        inner = meaningful(node)
        if len(inner) != 1:
            return node
        node = inner[0]
    return node


def roles(function: tree_sitter.Node, body: tree_sitter.Node, bound: frozenset[str]) -> dict[bytes, tuple[str, int]]:
    """What each name of a function's body is: which parameter, or how often it is used, for one of the function's own."""
    parameters = function.child_by_field_name("parameters")
    uses = Counter(_names(body, bound))
    found = {name: ("own", count) for name, count in uses.items()}
    if parameters is None:
        return found
    taken = [(child.children[0] if child.children else child).text or b"" for child in meaningful(parameters)]
    if _is_method(function) and taken and taken[0] not in uses:
        # The object itself is no argument of what is asked for.
        taken = taken[1:]
    return found | {name: ("parameter", number) for number, name in enumerate(taken)}


def _names(node: tree_sitter.Node, bound: frozenset[str]) -> Iterator[bytes]:
    """Each use of a name that is no builtin, attribute or keyword."""
    for child in meaningful(node):
        if child.type == "identifier":
            if not _is_member(child, node, bound):
                yield child.text or b""
        elif child.child_count:
            yield from _names(child, bound)
    if node.type == "augmented_assignment":
        # `x += y` is `x = x + y`.
        left = node.child_by_field_name("left")
        if left is not None and left.type == "identifier":
            yield left.text or b""


def _is_member(node: tree_sitter.Node, parent: tree_sitter.Node, bound: frozenset[str]) -> bool:
    """Whether an identifier names a builtin, an attribute or a keyword, which no one renames."""
    if (parent.type, node) in (
        ("attribute", parent.child_by_field_name("attribute")),
        ("keyword_argument", parent.child_by_field_name("name")),
    ):
        return True
    name = (node.text or b"").decode("utf-8", "replace")
    return name in BUILTINS and name not in bound


def _is_method(function: tree_sitter.Node) -> bool:
    above = function.parent
    if above is not None and above.type == "decorated_definition":
        above = above.parent
    return above is not None and above.parent is not None and above.parent.type == "class_definition"
