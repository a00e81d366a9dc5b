"""The rules of the house that no linter knows: sizes, docstrings, light imports, words, and the pages made from the code."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs import make_reference
from docs.make_tree import page_with_tree

ROOT = Path(__file__).parents[1]
PROGRAMS = ("assistant", "trainer", "quantize")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
HEAVY = ("torch", "transformers", "peft", "datasets", "accelerate", "llama_cpp", "numpy", "gguf", "huggingface_hub")


def _sources() -> Iterator[tuple[str, str, ast.Module]]:
    """Name, text and syntax tree of every source file."""
    for path in sorted(p for program in PROGRAMS for p in (ROOT / program).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        yield str(path.relative_to(ROOT)), text, ast.parse(text)


def test_files_are_under_300_lines() -> None:
    long = [f"{name}: {text.count(chr(10))}" for name, text, _ in _sources() if text.count("\n") > 300]
    assert not long, "give the second idea its own file"


def test_functions_are_under_60_lines() -> None:
    functions = ((name, n) for name, _, tree in _sources() for n in ast.walk(tree) if isinstance(n, FUNCTIONS))
    long = [f"{name}: {n.name}" for name, n in functions if n.end_lineno - n.lineno >= 60]
    assert not long


def test_every_module_says_what_it_is_for() -> None:
    silent = [name for name, _, tree in _sources() if not ast.get_docstring(tree)]
    assert not silent


def test_public_names_have_docstrings() -> None:
    bare = [
        f"{name}: {node.name}"
        for name, _, tree in _sources()
        for node in tree.body
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)) and node.name[0] != "_" and not ast.get_docstring(node)
    ]
    assert not bare


def test_package_files_hold_their_docstring_and_at_most_their_table() -> None:
    allowed = (ast.Expr, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    code = [
        f"{name}:{node.lineno}"
        for name, _, tree in _sources()
        if name.endswith("__init__.py")
        for node in tree.body
        if not isinstance(node, allowed)
    ]
    assert not code


def test_no_unexplained_exemptions() -> None:
    blanket = re.compile(r"#\s*(noqa|type:\s*ignore)\s*$", re.M)
    assert not [name for name, text, _ in _sources() if blanket.search(text)]


@pytest.mark.parametrize(
    "statement",
    ["import assistant.tui.app", "import assistant.cli.main", "import trainer.cli", "import quantize.cli"],
)
def test_import_is_light(statement: str) -> None:
    code = f"import sys; {statement}; print(*sorted(set(sys.modules) & set({HEAVY!r})))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    ).stdout.split()
    assert not loaded, f"{statement} loads {loaded}"


def test_captioned_tree_of_the_architecture_page_is_the_tree_on_disk() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert page == page_with_tree(page), "ARCHITECTURE.md is out of date: make docs"


def test_pages_made_from_the_code_say_what_it_says() -> None:
    for path, text in make_reference.pages().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is out of date: make docs"
