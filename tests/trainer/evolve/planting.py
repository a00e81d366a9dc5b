"""Disguises a benchmark's solution as people and models do: other names, another order, another layout, other words."""

from __future__ import annotations

import ast
import builtins
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
        own -= set(dir(builtins))
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
        if (
            isinstance(node, ast.Compare)
            and len(node.ops) == 1
            and isinstance(node.ops[0], ast.Eq)
            and chance.random() < 0.3
        ):
            node.left, node.comparators[0] = node.comparators[0], node.left


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
