"""Disguises a benchmark's solution as people and models do: other names, another order, another layout, other words.

Another order means statements, definitions, operands, the two sides of a comparison, and the two branches of an `if`.
"""

from __future__ import annotations

import ast
import random
import re

_REMARKS = (
    "Calcula el resultado paso a paso", "Hier wird das Ergebnis berechnet", "On parcourt la liste", "计算结果",
    "結果を返す", "проверяем значение", "Controlla ogni elemento",
)  # fmt: skip
_WORDS = ("alpha", "bravo", "kilo", "delta", "omega", "figura", "wert", "valor", "nombre", "suma", "total_", "helper_")


def disguised(source: str, chance: random.Random) -> str:
    """The same program under all four disguises."""
    tree = ast.parse(source)
    _Names(tree, chance).visit(tree)
    _reorder(tree, chance)
    _Turned(chance).visit(tree)
    if chance.random() < 0.3:
        _into_a_class(tree)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node) is not None:
            node.body[0] = ast.Expr(ast.Constant(chance.choice(_REMARKS)))
        if isinstance(node, ast.FunctionDef) and chance.random() < 0.5:
            node.returns = None
            for argument in node.args.args:
                argument.annotation = None
    return _relaid(ast.unparse(ast.fix_missing_locations(tree)), chance)


class _Names(ast.NodeTransformer):
    """Renames all that the program itself names."""

    def __init__(self, tree: ast.AST, chance: random.Random) -> None:
        own: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                own.add(node.id)
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                own.add(node.name)
            elif isinstance(node, ast.arg):
                own.add(node.arg)
        words = [f"{chance.choice(_WORDS)}{n}" for n in range(len(own))]
        self.names = dict(zip(sorted(own), words, strict=True))

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self.names.get(node.id, node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        self.generic_visit(node)
        node.arg = self.names.get(node.arg, node.arg)
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        self.generic_visit(node)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.name = self.names.get(node.name, node.name)
        return node


_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE}


class _Turned(ast.NodeTransformer):
    """Writes what can be turned the other way round, one time in two."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def visit(self, node: ast.AST) -> ast.AST:
        self.generic_visit(node)
        if self.chance.random() < 0.5:
            return node
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _TURNED:
            return ast.Compare(node.comparators[0], [_TURNED[type(node.ops[0])]()], [node.left])
        if isinstance(node, ast.BoolOp):
            return ast.BoolOp(node.op, node.values[::-1])
        if isinstance(node, ast.Dict):
            return ast.Dict(node.keys[::-1], node.values[::-1])
        if isinstance(node, ast.If) and node.orelse:
            return ast.If(ast.UnaryOp(ast.Not(), node.test), node.orelse, node.body)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            return ast.Assign([node.target], ast.BinOp(ast.Name(node.target.id, ast.Load()), node.op, node.value))
        return node


def _into_a_class(tree: ast.Module) -> None:
    """As some write their only function: `class Solution` with a method."""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    if len(functions) == 1 and functions[0].name not in {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}:
        functions[0].args.args.insert(0, ast.arg("self"))
        tree.body[tree.body.index(functions[0])] = ast.ClassDef("Solution", [], [], list(functions), [])


def _reorder(tree: ast.Module, chance: random.Random) -> None:
    """Definitions in another order, neighbouring assignments that do not need each other swapped, operands turned."""
    definitions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    others = [node for node in tree.body if not isinstance(node, ast.FunctionDef)]
    chance.shuffle(definitions)
    tree.body = others + definitions
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            for i in range(len(body) - 1):
                if _independent(body[i], body[i + 1]) and chance.random() < 0.7:
                    body[i], body[i + 1] = body[i + 1], body[i]


def _independent(one: ast.stmt, other: ast.stmt) -> bool:
    if not (isinstance(one, ast.Assign) and isinstance(other, ast.Assign)):
        return False
    written = [
        {n.id for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)} for s in (one, other)
    ]
    read = [{n.id for n in ast.walk(s) if isinstance(n, ast.Name)} for s in (one, other)]
    return not (written[0] & read[1] or written[1] & read[0])


def _relaid(source: str, chance: random.Random) -> str:
    """Other indentation, blank lines, comments in other languages, spaces about signs."""
    width = chance.choice((2, 3, 4, 8))
    lines = []
    for line in source.splitlines():
        indent = len(line) - len(line.lstrip(" "))
        text = line.lstrip(" ")
        if chance.random() < 0.15:
            lines.append(" " * (indent // 4 * width) + "# " + chance.choice(_REMARKS))
        if chance.random() < 0.1:
            lines.append("")
        if "'" not in text and '"' not in text and chance.random() < 0.5:
            text = re.sub(r" ([-+*/%=<>]=?) ", lambda m: m[1] if chance.random() < 0.5 else f"  {m[1]} ", text)
        lines.append(" " * (indent // 4 * width) + text)
    return "\n".join(lines)
