"""The rules of the house that no linter knows: sizes, docstrings, light imports, words, and the captioned tree."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs.make_tree import page_with_tree

ROOT = Path(__file__).parents[1]
PROGRAMS = ("assistant", "trainer", "quantize")
SOURCES = sorted(p for program in PROGRAMS for p in (ROOT / program).rglob("*.py"))
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
HEAVY = ("torch", "transformers", "peft", "datasets", "accelerate", "llama_cpp", "numpy", "gguf", "huggingface_hub")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_source_file_keeps_the_house_sizes_and_says_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert text.count("\n") <= 300, f"{_name(path)} has over 300 lines: give the second idea its own file"
    assert ast.get_docstring(tree), f"{_name(path)} has no module docstring"
    long = [n.name for n in ast.walk(tree) if isinstance(n, FUNCTIONS) and n.end_lineno - n.lineno >= 60]
    assert not long, f"{_name(path)}: over 60 lines: {long}"


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_public_names_have_docstrings(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    public = [n for n in tree.body if isinstance(n, (*FUNCTIONS, ast.ClassDef)) and not n.name.startswith("_")]
    bare = [n.name for n in public if not ast.get_docstring(n)]
    assert not bare, f"{_name(path)}: no docstring on {bare}"


@pytest.mark.parametrize("path", [p for p in SOURCES if p.name == "__init__.py"], ids=_name)
def test_package_file_holds_its_docstring_and_at_most_its_table(path: Path) -> None:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    allowed = (ast.Expr, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    assert all(isinstance(node, allowed) for node in body), f"{_name(path)} holds code"


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


def test_no_unexplained_exemptions() -> None:
    for path in SOURCES:
        for line in path.read_text(encoding="utf-8").splitlines():
            assert not re.search(r"#\s*noqa\s*$|#\s*type:\s*ignore\s*$", line), (
                f"{_name(path)}: blanket exemption: {line}"
            )
