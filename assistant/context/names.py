"""The names of one file: what it defines, each with the line that declares it, and what it uses.

This is the part of the repository map that is slow to make, and so what is kept on disk. It is plain data, made from a
file's bytes alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from assistant.syntax.document import Document
from assistant.syntax.languages import detect
from assistant.syntax.symbols import Symbol, outline, outline_and_uses

FORMAT = 3
"""Goes up when what is stored changes."""

_TOLD = frozenset(("function", "method", "class", "type", "constant", "test", "module", "section", "variable"))
_LONGEST_DECLARATION = 160
_PACKED_FROM = 10_000
_LONGEST_USUAL_LINE = 400
"""Bytes that lines have at most on average, comments and long texts included."""


@dataclass(frozen=True)
class Definition:
    """A symbol as the map tells of it; lines count from 1 and include the last."""

    name: str
    qualified_name: str
    kind: str
    start_line: int
    end_line: int
    depth: int
    declaration: str
    """What declares it, on one line: `def fill(count: int) -> int`."""


@dataclass(frozen=True)
class FileNames:
    """The names of one file; `uses` maps a name to how often it is used."""

    definitions: tuple[Definition, ...] = ()
    uses: tuple[tuple[str, int], ...] = ()

    def to_json(self) -> list[Any]:
        """The names as JSON holds them."""
        rows = [
            [d.name, d.qualified_name, d.kind, d.start_line, d.end_line, d.depth, d.declaration]
            for d in self.definitions
        ]
        return [rows, [list(pair) for pair in self.uses]]

    @classmethod
    def from_json(cls, row: list[Any]) -> FileNames:
        """The names that `to_json` wrote."""
        definitions, uses = row
        return cls(tuple(Definition(*fields) for fields in definitions), tuple((name, count) for name, count in uses))


def names_of(path: str, data: bytes) -> FileNames:
    """The names of a file; none if its language is not known, or it is no text, or text that a tool has packed."""
    language = detect(path, data[:200])
    if language is None or b"\0" in data[:8000] or _is_packed(data):
        return FileNames()
    document = Document.from_bytes(data, language)
    _, used = outline_and_uses(document)
    return FileNames(definitions_of(document), tuple(sorted(used.items())))


def _is_packed(data: bytes) -> bool:
    """Whether lines are far too long to have been written: a minified script, a table of data."""
    return len(data) > _PACKED_FROM and len(data) > _LONGEST_USUAL_LINE * (data.count(b"\n") + 1)


def definitions_of(document: Document) -> tuple[Definition, ...]:
    """What a document defines, in the order of its text."""
    return tuple(_definition(document, symbol) for symbol in outline(document) if symbol.kind in _TOLD)


def _definition(document: Document, symbol: Symbol) -> Definition:
    return Definition(
        _plain(symbol.name),
        _plain(symbol.qualified_name),
        symbol.kind,
        symbol.start_line,
        symbol.end_line,
        symbol.depth,
        _declaration(document, symbol),
    )


def _declaration(document: Document, symbol: Symbol) -> str:
    start, end = symbol.definition.start, symbol.definition.end
    if symbol.body is not None and symbol.kind != "constant" and symbol.body.start > symbol.name_span.end:
        end = symbol.body.start
    text = document.text[start : min(end, start + 4 * _LONGEST_DECLARATION)]
    if symbol.body is None or symbol.kind in ("constant", "variable", "section"):
        text = text.split("\n", 1)[0]
    line = " ".join(text.split()).rstrip("{([: =>" if symbol.kind in ("constant", "variable") else "{: =>")
    return _plain(line if len(line) <= _LONGEST_DECLARATION else f"{line[: _LONGEST_DECLARATION - 1]}…")


def _plain(text: str) -> str:
    """Text that JSON and UTF-8 can hold: what stands for a byte that was no UTF-8 becomes U+FFFD."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
