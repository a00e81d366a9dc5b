"""Breaks a program in small ways, so that tests which notice nothing can be told from tests that work.

Each mutant differs from the program in one place: another comparison, another operator, another constant, a negated
condition, or another result. They are made in a fixed order, spread over the program.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
}  # fmt: skip


def mutants(source: str, most: int) -> Iterator[str]:
    """Up to `most` mutants of Python source that parses; none where there is nothing to break."""
    tree = ast.parse(source)
    places = [n for n, node in enumerate(ast.walk(tree)) if _can_break(node)]
    step = max(1, len(places) // most)
    for place in places[::step][:most]:
        broken = copy.deepcopy(tree)
        _break(next(node for n, node in enumerate(ast.walk(broken)) if n == place))
        yield ast.unparse(ast.fix_missing_locations(broken))


def _can_break(node: ast.AST) -> bool:
    if isinstance(node, ast.Compare):
        return type(node.ops[0]) in _COMPARISONS
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        return type(node.op) in _OPERATORS
    return isinstance(node, ast.Return) and node.value is not None


def _break(node: ast.AST) -> None:
    if isinstance(node, ast.Compare):
        node.ops[0] = _COMPARISONS[type(node.ops[0])]()
    elif isinstance(node, (ast.BinOp, ast.AugAssign)):
        node.op = _OPERATORS[type(node.op)]()
    elif isinstance(node, ast.Return):
        node.value = ast.Constant("a mutant was here")
