"""Writes the captioned tree of ARCHITECTURE.md: every source file with the first sentence of its docstring.

Run by `make docs`; a test of the house fails when the page and the disk differ.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROGRAMS = ("assistant", "trainer", "quantize")
_BLOCK = re.compile(r"(<!-- tree -->\n```\n).*?(```)", re.S)
_CAPTION_COLUMN = 34


def tree() -> str:
    """The tree of the three programs, a line a file, captioned from their docstrings."""
    return "".join(line for program in PROGRAMS for line in _lines(ROOT / program, 0))


def page_with_tree(page: str) -> str:
    """`page` with its tree block made anew."""
    return _BLOCK.sub(lambda match: match[1] + tree() + match[2], page)


def _lines(folder: Path, depth: int) -> list[str]:
    lines = [_line(folder.name + "/", depth, _caption(folder / "__init__.py"))]
    entries = [p for p in folder.iterdir() if p.name not in ("__pycache__", "__init__.py")]
    for entry in sorted(entries, key=lambda p: (p.is_dir(), p.name)):
        if entry.is_dir() and (entry / "__init__.py").exists():
            lines += _lines(entry, depth + 1)
        elif entry.suffix == ".py":
            lines.append(_line(entry.name, depth + 1, _caption(entry)))
    return lines


def _line(name: str, depth: int, caption: str) -> str:
    left = "  " * depth + name
    return f"{left:<{_CAPTION_COLUMN - 2}}  {caption}\n"


def _caption(path: Path) -> str:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    sentence = re.split(r"(?<=[.;])\s|\n\n", docstring, maxsplit=1)[0]
    return " ".join(sentence.split()).rstrip(".:;")


if __name__ == "__main__":
    file = ROOT / "ARCHITECTURE.md"
    file.write_text(page_with_tree(file.read_text(encoding="utf-8")), encoding="utf-8")
