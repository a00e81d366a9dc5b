"""What a piece of Python is under its names, its layout and its comments: hashes of its statements' syntax trees.

Renaming, reformatting, comments, type hints, the order of statements, of commuting operands, of branches and of what a
comparison's sign lies between change nothing in the hashes; builtins, attributes, keywords and literals count. Parsing is
tree-sitter's, so broken code has them too. What names are to a function is `wiring`'s.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import tree_sitter

from trainer.evolve.checking.code import parse
from trainer.evolve.checking.wiring import BUILTINS, bare, bound_builtins, meaningful, roles, signs

_UNORDERED = frozenset({"block", "module", "set", "dictionary"})
_COMMUTING = frozenset({"+", "*", "&", "|", "^", "and", "or"})
_TRANSPARENT = frozenset({"parenthesized_expression", "expression_statement"})
_COUNTED = frozenset(
    {
        "expression_statement", "return_statement", "if_statement", "for_statement", "while_statement", "with_statement",
        "try_statement", "raise_statement", "assert_statement", "delete_statement", "elif_clause", "else_clause",
        "except_clause", "match_statement",
    }
)  # fmt: skip
_SAME = {"expression_list": "tuple", "pattern_list": "tuple", "tuple_pattern": "tuple", "list_pattern": "list"}
_NEGATED = {
    "==": "!=", "!=": "==", "in": "not in", "not in": "in", "is": "is not", "is not": "is",
    "<": ">=", ">=": "<", ">": "<=", "<=": ">",
}  # fmt: skip
_TURNED = {">": "<", ">=": "<="}
# Of two branches, the one under one of these signs is told first.
_FIRST = frozenset({"==", "in", "is", "<", ">"})


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
    walk = _Walk(bound_builtins(tree.root_node))
    # Nothing that people write is nested too deeply for this; of anything else, what was seen up to there counts.
    with contextlib.suppress(RecursionError):
        walk.node(tree.root_node)
    return Fingerprint(tuple(walk.bodies), tuple(walk.statements))


_TINY = 3
LARGE = 14
"""From this weight on a body is known by its syntax alone; of a smaller one it counts which name goes where, too."""


class _Walk:
    """One way over a tree.

    Args:
        bound: builtins that the code has other uses for.
        named: what each name is; None where a name is a name.
    """

    def __init__(self, bound: frozenset[str], named: dict[bytes, tuple[str, int]] | None = None) -> None:
        self.bodies: list[tuple[int, int, int]] = []
        self.statements: list[tuple[int, int]] = []
        self._bound = bound
        self._named = named

    def node(self, node: tree_sitter.Node, function: tree_sitter.Node | None = None) -> tuple[int, int]:
        """Hash and weight of a node; those of statements and bodies within are collected on the way.

        Args:
            function: where the node is the body of one.
        """
        kind = node.type
        kind = _SAME.get(kind, kind)
        if not node.child_count:
            return hash(self._leaf(node, kind)), 1
        if kind == "string":
            return hash(("string", _string(node))), 1
        result, weight = self._whole(node, kind)
        if kind in _COUNTED:
            self.statements.append((result, weight))
        if weight and (kind == "module" or function is not None):
            telling = weight > _TINY or self._calls_something(node)
            wiring = self._wiring(node, function) if weight < LARGE and function is not None else 0
            self.bodies.append((result, weight if telling else 0, wiring))
        return result, weight

    def _whole(self, node: tree_sitter.Node, kind: str) -> tuple[int, int]:
        if kind == "comparison_operator" and len(signs(node)) == 1:
            return self._comparison(node, signs(node)[0])
        if kind in ("binary_operator", "boolean_operator") and signs(node)[0] in _COMMUTING:
            parts, weight = self._chain(node, signs(node)[0])
            return hash((kind, signs(node)[0], tuple(sorted(parts)))), weight
        if kind == "not_operator" and (inner := _one_comparison(node.children[-1])) is not None:
            return self._comparison(inner, _NEGATED[signs(inner)[0]])
        if kind == "augmented_assignment":
            return self._augmented(node)
        parts, weight = self._children(node)
        if (kind in _TRANSPARENT or kind in ("block", "else_clause")) and len(parts) == 1:
            return parts[0], weight
        if kind == "expression_statement":
            return hash(("tuple", tuple(parts))), weight
        if kind == "elif_clause":
            return hash(tuple(parts)), weight
        if kind == "if_statement":
            return self._branches(node, parts), weight
        if kind == "conditional_expression" and len(parts) == 3:
            return self._choice(meaningful(node)[1], parts[1], parts[0], parts[2]), weight
        if kind == "argument_list":
            # Keywords may stand in any order.
            named = [child.type == "keyword_argument" for child in meaningful(node)]
            free = sorted(part for part, is_named in zip(parts, named, strict=True) if is_named)
            parts = [part for part, is_named in zip(parts, named, strict=True) if not is_named] + free
        elif kind in _UNORDERED:
            parts.sort()
        return hash((kind, tuple(parts))), weight

    def _children(self, node: tree_sitter.Node) -> tuple[list[int], int]:
        parts: list[int] = []
        weight = 0
        above = node.type
        for child in meaningful(node):
            kind = child.type
            if kind == "identifier" and (special := _member(node, above, child)) is not None:
                inner, size = hash(special), 1
            elif kind == "block" and above == "function_definition":
                inner, size = self.node(child, node)
            else:
                inner, size = self.node(child)
            # What a module's functions hold is counted as theirs.
            if above == "module" and kind in ("function_definition", "class_definition", "decorated_definition"):
                continue
            if above == "call" and kind == "generator_expression":
                # `sum(x for x in y)` has no list of arguments, and `sum((x for x in y))` has one.
                inner = hash(("argument_list", (inner,)))
            parts.append(inner)
            weight += size
        return parts, weight

    def _comparison(self, node: tree_sitter.Node, sign: str) -> tuple[int, int]:
        """A comparison as if its sign were `sign`: `x > 0` is `0 < x`, and equals may be turned."""
        sides = [child for child in meaningful(node) if child.is_named and child.type not in ("not in", "is not")]
        (left, heavy), (right, heavier) = (self.node(side) for side in (sides[0], sides[-1]))
        if sign in _TURNED:
            sign, left, right = _TURNED[sign], right, left
        pair = tuple(sorted((left, right))) if sign in ("==", "!=") else (left, right)
        return hash(("comparison", sign, pair)), heavy + heavier + 1

    def _chain(self, node: tree_sitter.Node, sign: str) -> tuple[list[int], int]:
        """What is joined by one sign, however it is grouped."""
        parts, weight = [], 0
        for side in (child for child in meaningful(node) if child.is_named):
            inner = bare(side)
            if inner.type == node.type and signs(inner) == (sign,):
                more, size = self._chain(inner, sign)
                parts += more
            else:
                one, size = self.node(side)
                parts.append(one)
            weight += size
        return parts, weight + 1

    def _augmented(self, node: tree_sitter.Node) -> tuple[int, int]:
        """`x += y` is `x = x + y`."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = signs(node)[0].removesuffix("=")
        if left is None or right is None:
            return hash(("augmented", operator)), 1
        (target, size), inner = self.node(left), bare(right)
        if operator in _COMMUTING and inner.type == "binary_operator" and signs(inner) == (operator,):
            parts, weight = self._chain(inner, operator)
        else:
            one, weight = self.node(right)
            parts = [one]
        if operator in _COMMUTING:
            value = hash(("binary_operator", operator, tuple(sorted([target, *parts]))))
        else:
            value = hash(("binary_operator", (target, hash((operator,)), parts[0])))
        return hash(("assignment", (target, value))), 2 * size + weight + 1

    def _branches(self, node: tree_sitter.Node, parts: list[int]) -> int:
        """An `elif` is an `else` that holds an `if`, however it is written."""
        children = meaningful(node)
        tail: int | None = None
        for child, part in zip(reversed(children), reversed(parts), strict=True):
            if child.type == "else_clause":
                tail = part
            elif child.type == "elif_clause":
                inner = [self.node(one)[0] for one in meaningful(child)]
                tail = self._choice(meaningful(child)[0], inner[0], inner[-1], tail)
        return self._choice(children[0], parts[0], parts[1] if len(parts) > 1 else 0, tail)

    def _choice(self, test: tree_sitter.Node, told: int, then: int, otherwise: int | None) -> int:
        """A test and its two branches; `if not a: b else: c` is `if a: c else: b`."""
        if otherwise is None:
            return hash(("if", told, then))
        test = bare(test)
        single = _one_comparison(test)
        if single is None and test.type == "not_operator":
            inner = _one_comparison(test.children[-1])
            if inner is None:
                return hash(("if", self.node(test.children[-1])[0], otherwise, then))
            sign = _NEGATED[signs(inner)[0]]
            single = inner
        elif single is not None:
            sign = signs(single)[0]
        if single is not None and sign not in _FIRST:
            return hash(("if", self._comparison(single, _NEGATED[sign])[0], otherwise, then))
        return hash(("if", told, then, otherwise))

    def _leaf(self, node: tree_sitter.Node, kind: str) -> tuple[object, ...]:
        if kind == "identifier":
            name = (node.text or b"").decode("utf-8", "replace")
            if name in BUILTINS and name not in self._bound:
                return ("builtin", name)
            return ("name",) if self._named is None else self._named.get(node.text or b"", ("name",))
        if not node.is_named:
            return (kind,)
        if kind in ("integer", "float"):
            return ("number", _number(node.text or b""))
        return (kind, node.text)

    def _wiring(self, body: tree_sitter.Node, function: tree_sitter.Node) -> int:
        """The hash of a body in which names are told apart by what they are."""
        if self._named is not None:
            return 0
        return _Walk(self._bound, roles(function, body, self._bound)).node(body)[0]

    def _calls_something(self, body: tree_sitter.Node) -> bool:
        """Whether a tiny body names a builtin or an attribute: `x + y` alone tells nothing."""
        leaves = [body]
        while leaves:
            node = leaves.pop()
            if node.type in ("attribute", "keyword_argument"):
                return True
            if node.type == "identifier" and self._leaf(node, "identifier")[0] == "builtin":
                return True
            leaves += node.children
        return False


def _member(node: tree_sitter.Node, kind: str, child: tree_sitter.Node) -> tuple[str, bytes] | None:
    """What an identifier is that no one renames: an attribute's or a keyword's name."""
    if kind == "attribute" and child == node.children[-1]:
        return ("attribute", child.text or b"")
    if kind == "keyword_argument" and child == node.children[0]:
        return ("keyword", child.text or b"")
    return None


def _one_comparison(node: tree_sitter.Node) -> tree_sitter.Node | None:
    """The comparison by a single sign that a node is, under its parentheses."""
    inner = bare(node)
    found = signs(inner) if inner.type == "comparison_operator" else ()
    return inner if len(found) == 1 and found[0] in _NEGATED else None


def _number(text: bytes) -> object:
    try:
        return float(text) if text[:2].lower() not in (b"0x", b"0o", b"0b") else int(text, 0)
    except (ValueError, OverflowError):
        return text


def _string(node: tree_sitter.Node) -> bytes:
    text = b"".join(child.text or b"" for child in node.children if child.type not in ("string_start", "string_end"))
    return text.replace(b"\\\\", b"\\").replace(b"\\'", b"'").replace(b'\\"', b'"')
