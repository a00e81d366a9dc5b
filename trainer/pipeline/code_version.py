"""What of the program decides a stage's result, as one hash: a stage that other code would do otherwise is done again.

Counted are the rooms that a command's work lies in, without comments, docstrings and layout. Libraries and the engine are not:
a new release of theirs does not throw days of work away.
"""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

_HOUSE = Path(__file__).resolve().parents[2]
_ROOMS: dict[str, tuple[str, ...]] = {
    "evolve": ("trainer/evolve", "trainer/generators", "trainer/records.py"),
    "finetune": ("trainer/finetune", "trainer/recipe.py"),
    "evaluate": ("trainer/evaluate", "trainer/generators", "trainer/finetune/examples.py"),
    "run": ("quantize",),
    "adapter": ("quantize",),
}
_KINDS = (".py", ".md", ".toml")


@cache
def code_hash(command: str) -> str:
    """Twelve hexadecimal digits for the code behind a command; empty for a command that keeps nothing."""
    digest = hashlib.sha256()
    for room in _ROOMS.get(command, ()):
        place = _HOUSE / room
        files = [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.suffix in _KINDS)
        for path in files:
            digest.update(f"{path.relative_to(_HOUSE)}\0{meaning(path)}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:12] if command in _ROOMS else ""


def meaning(path: Path) -> str:
    """A file's text; of Python the syntax tree without docstrings, so that words about code change nothing."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return text
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return text
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [one for one in body if not _is_words(one)]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _is_words(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
