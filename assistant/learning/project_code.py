"""The symbols of a folder as things to learn: how functions and classes are written here, each asked for by its name.

Files that lessons are about come first. Generated and unreadable files are passed over; this runs nothing.
"""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Collection, Iterator
from pathlib import Path

from assistant.context.source_files import SourceFile, iterate_source_files
from assistant.errors import AssistantError
from assistant.learning.material import Row
from assistant.syntax.document import Document
from assistant.syntax.languages import detect
from assistant.syntax.symbols import Symbol, outline

_KINDS = ("function", "method", "class", "struct", "interface", "trait", "enum")
_LEAST_LINES, _MOST_LINES = 3, 40
_MOST_BYTES = 200_000
_MOST_FILES = 400


def symbols_of(folder: Path, first: Collection[str], most: int) -> list[Row]:
    """At most `most` symbols of the folder; those of the files named in `first` before others, else in an order that stays.

    Args:
        first: paths from the folder.
    """
    if not most:
        return []
    files = sorted(iterate_source_files(folder), key=lambda file: (file.path not in first, _mixed(file.path)))
    rows: list[Row] = []
    for file in files[:_MOST_FILES]:
        rows += _rows(folder, file)
        if len(rows) >= most:
            break
    return rows[:most]


def _rows(folder: Path, file: SourceFile) -> Iterator[Row]:
    path = folder / file.path
    try:
        if path.is_symlink() or path.stat().st_size > _MOST_BYTES:
            return
        data = path.read_bytes()
        language = detect(file.path, data[:200])
        if language is None or b"\0" in data:
            return
        document = Document.from_bytes(data, language)
        symbols = [symbol for symbol in outline(document) if _is_fit(symbol)]
    except (OSError, AssistantError, ValueError):
        return
    for symbol in symbols:
        text = document.text[symbol.span.start : symbol.span.end]
        line_start = document.text.rfind("\n", 0, symbol.span.start) + 1
        indent = document.text[line_start : symbol.span.start]
        code = textwrap.dedent(indent + text if not indent.strip() else text)
        asked = f"Write the {language.name} {symbol.kind} {symbol.qualified_name} of {file.path}, in the style of this project."
        yield Row(asked, language.name, code, f"{file.path}\0{symbol.qualified_name}")


def _is_fit(symbol: Symbol) -> bool:
    return symbol.kind in _KINDS and _LEAST_LINES <= symbol.end_line - symbol.start_line + 1 <= _MOST_LINES


def _mixed(path: str) -> str:
    """An order that has nothing to do with names, and is the same each time."""
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()
