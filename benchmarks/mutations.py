"""Real functions of CPython's library with one planted mistake each, and engines that answer perfectly or sloppily.

The mistakes: a deleted statement, a flipped condition, swapped arguments, a wrong operator, an off-by-one. This makes
tasks and replies; `edit_mutations` measures with them.
"""

from __future__ import annotations

import ast
import random
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.editing.task import EditTask
from assistant.syntax.languages import language_named

_MODULES = (
    "textwrap", "heapq", "bisect", "shlex", "fnmatch", "difflib", "statistics", "calendar", "colorsys", "string",
    "fractions", "ipaddress", "csv", "configparser", "gettext", "mimetypes", "netrc", "posixpath", "quopri", "random",
    "sched", "stat", "tabnanny", "tokenize", "turtle", "zipfile", "argparse", "collections/__init__", "functools",
    "json/decoder", "json/encoder", "email/_parseaddr", "html/parser", "urllib/parse", "http/cookies", "logging/handlers",
)  # fmt: skip
SMALL_MODULES = (
    "bisect", "secrets", "colorsys", "fnmatch", "sched", "codeop", "genericpath", "reprlib",
)  # fmt: skip
"""Modules of at most 190 lines that have tests of their own: what a small model can be asked in minutes."""
_FLIPPED = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.In: "not in",
    ast.Is: "is not",
}
_OPERATORS = {ast.Add: "-", ast.Sub: "+", ast.Mult: "+", ast.FloorDiv: "*", ast.Mod: "//"}


@dataclass(frozen=True)
class Mutation:
    """A file with one mistake in one function. Texts are whole files; `kind` names the mistake."""

    path: Path
    symbol: str
    kind: str
    broken: str
    right: str

    def task(self) -> EditTask:
        """The wish to mend it."""
        wish = f"There is one mistake in {self.symbol.rsplit('.', 1)[-1]} ({self.kind}). Correct it and change nothing else."
        return EditTask(self.path.name, self.broken, language_named("python"), wish, self.symbol)


def mutations(count: int, seed: int = 0, modules: Sequence[str] = _MODULES) -> list[Mutation]:
    """`count` mutations, spread over modules and kinds; the same for the same seed and Python."""
    chance = random.Random(seed)
    library = Path(sysconfig.get_paths()["stdlib"])
    files = [library / f"{name}.py" for name in modules]
    pools = [_of_file(file, random.Random(f"{seed} {file.name}")) for file in files if file.exists()]
    found: list[Mutation] = []
    while len(found) < count and pools:
        chance.shuffle(pools)
        for pool in list(pools):
            mutation = next(pool, None)
            if mutation is None:
                pools.remove(pool)
            elif len(found) < count:
                found.append(mutation)
    return found


def _of_file(path: Path, chance: random.Random) -> Iterator[Mutation]:
    text = path.read_text(encoding="utf-8")
    functions = [(name, function) for name, function in _functions(ast.parse(text), "") if 5 <= _length(function) <= 60]
    chance.shuffle(functions)
    for symbol, function in functions:
        nodes = [node for statement in function.body for node in ast.walk(statement)]
        chance.shuffle(nodes)
        for node in nodes:
            changed = _broken(text, node, function)
            if changed and changed[1] != text and _parses(changed[1]):
                yield Mutation(path, symbol, *changed, text)
                break


def _length(function: ast.FunctionDef) -> int:
    return (function.end_lineno or 0) - function.lineno + 1


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    seen: set[str] = set()
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef) and not prefix:
            yield from _functions(child, f"{child.name}.")
        elif isinstance(child, ast.FunctionDef) and child.name not in seen:
            seen.add(child.name)
            yield prefix + child.name, child


def _broken(text: str, node: ast.AST, function: ast.FunctionDef) -> tuple[str, str] | None:
    """The kind of mistake that `node` can take, and the text with it; None where it can take none."""
    lines = text.splitlines(keepends=True)

    def source(part: ast.expr) -> str:
        return ast.get_source_segment(text, part) or ""

    match node:
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in _FLIPPED:
            return "a flipped condition", _replaced(
                lines, node, f"{source(left)} {_FLIPPED[type(operator)]} {source(right)}"
            )
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
            return "a wrong operator", _replaced(
                lines, node, f"{source(left)} {_OPERATORS[type(operator)]} {source(right)}"
            )
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            return "an off-by-one", _replaced(lines, node, str(value + 1))
        case ast.Call(func=called, args=[one, two], keywords=[]):
            return "swapped arguments", _replaced(lines, node, f"{source(called)}({source(two)}, {source(one)})")
        case ast.Assign() | ast.AugAssign() | ast.Return() if node.lineno > function.body[0].lineno:
            return "a deleted statement", "".join(lines[: node.lineno - 1] + lines[node.end_lineno :])
    return None


def _replaced(lines: list[str], node: ast.expr, code: str) -> str:
    if node.lineno != node.end_lineno:
        return "".join(lines)
    line = lines[node.lineno - 1].encode()
    changed = (line[: node.col_offset] + code.encode() + line[node.end_col_offset :]).decode()
    return "".join([*lines[: node.lineno - 1], changed, *lines[node.lineno :]])


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def sloppy(begun: str, rest: str, chance: random.Random) -> str:
    """A right answer as a small model gives it: `rest` continues `begun`, the start that was written for it.

    Chatter, a fence of another kind or none at the end, another indentation, a new start, an end that is missing.
    """
    whole = begun + rest
    form = chance.randrange(8)
    if form == 0:
        return rest + "\n```\n\nI corrected the mistake. Let me know if you need anything else!\n"
    if form == 1:
        return f"Sure! Here is the corrected code:\n\n```python\n{whole}\n```\nThis fixes the bug."
    if form == 2:
        return rest + "\n"
    if form == 3:
        return "\n".join(line[4:] if line.startswith("    ") else line for line in rest.split("\n")) + "\n```"
    if form == 4:
        return "\n".join("  " + line if line.strip() else line for line in rest.split("\n")) + "\n```"
    if form == 5:
        cut = max(len(rest) // 2, len(rest) - chance.randrange(1, 60))
        return rest[:cut]
    if form == 6:
        return f"~~~py\n{whole}\n~~~\nExplanation: the mistake was corrected."
    return f"{rest}\n\n\nprint('done')\n\n# The function is now right.\n```"
