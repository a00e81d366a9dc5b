"""The named definitions of a source file: what they are called, where they lie, and what belongs to them.

`definitions` finds them by the language's query; here they get names that nest and are unique, and are found by them.
This knows nothing of other files.
"""

from __future__ import annotations

import difflib
import re
import weakref
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from assistant.errors import AssistantError
from assistant.syntax.definitions import KINDS as KINDS
from assistant.syntax.definitions import Definition, Kind, definitions, has_headings
from assistant.syntax.document import Document, Span


@dataclass(frozen=True)
class Symbol:
    """A named definition. Lines count from 1 and include the last; spans are in characters."""

    name: str
    qualified_name: str
    """`Class.method`; unique in the file: a second one of that name is `Class.method#2`."""
    kind: Kind
    start_line: int
    end_line: int
    span: Span
    """All that belongs to it: decorators, attributes, doc comments, definition."""
    definition: Span
    """The definition alone, from its first keyword."""
    name_span: Span
    body: Span | None
    """What it does: the braces and what is within, or the indented lines from their first character."""
    depth: int
    """How many symbols it lies in."""


class NoSuchSymbol(AssistantError):
    """No symbol, or more than one, answers to the name; `nearest` are the qualified names that are meant perhaps."""

    def __init__(self, name: str, nearest: tuple[str, ...], ambiguous: bool = False, why: str = "") -> None:
        self.name = name
        self.nearest = nearest
        what = f"{name} is more than one symbol" if ambiguous else f"no symbol {name}"
        super().__init__(what, why, hint=", ".join(nearest))


_ABOVE = 1000
"""Characters that what belongs to a definition may stand above it, when only a place is looked at."""

_outlines: weakref.WeakKeyDictionary[Document, tuple[Symbol, ...]] = weakref.WeakKeyDictionary()


def outline(document: Document) -> tuple[Symbol, ...]:
    """All symbols of a document in the order of the text; a symbol comes before those within it."""
    if document not in _outlines:
        _outlines[document] = tuple(_qualified(document, definitions(document)))
    return _outlines[document]


def symbols_around(document: Document, char: int) -> tuple[Symbol, ...]:
    """The symbols that hold a character, its ends counted as held, the outermost first; for use at each key.

    Without an outline at hand only the definitions near it are looked at, by the quick tree; names are then not unique.
    """
    point = Span(char, char)
    found = _outlines.get(document)
    if found is None and document.language is not None and has_headings(document.language):
        found = outline(document)
    elif found is None:
        # What stands above a definition (its decorators, its comment) touches only what is a little further down.
        last = min(len(document.text), char + _ABOVE)
        near = document.byte_of(max(0, char - 1)), document.byte_of(last) + 1
        found = tuple(_qualified(document, definitions(document, near=near)))
    return tuple(symbol for symbol in found or () if symbol.span.contains(point))


def outline_and_uses(document: Document) -> tuple[tuple[Symbol, ...], Counter[str]]:
    """`outline`, and how often each name is used, in one walk of the tree; see `definitions`."""
    uses: Counter[str] = Counter()
    _outlines[document] = tuple(_qualified(document, definitions(document, uses)))
    return _outlines[document], uses


def symbol_at(document: Document, char: int) -> Symbol | None:
    """The innermost symbol that holds a character, or None; its end counts as held."""
    point = Span(char, char)
    holding = [symbol for symbol in outline(document) if symbol.span.contains(point)]
    return min(holding, key=lambda symbol: (len(symbol.span), -symbol.depth), default=None)


def find(document: Document, name: str) -> Symbol:
    """The symbol of a qualified name, or of the end of one where only one symbol has it.

    `Class::method`, `Class#method` and `Class.method()` are understood too.

    Raises:
        NoSuchSymbol: none has the name, or several do; the nearest names are told.
    """
    symbols = outline(document)
    for wanted in (name, _plain(name)):
        exact = [symbol for symbol in symbols if symbol.qualified_name == wanted]
        if exact:
            return exact[0]
    wanted = _plain(name)
    endings = [s for s in symbols if s.name == wanted or s.qualified_name.endswith(f".{wanted}")]
    # Whoever says `total` means a function of that name rather than a field.
    endings = [symbol for symbol in endings if symbol.kind != "field"] or endings
    if len(endings) == 1:
        return endings[0]
    if endings:
        raise NoSuchSymbol(name, tuple(symbol.qualified_name for symbol in endings[:5]), ambiguous=True)
    if not symbols:
        raise NoSuchSymbol(name, (), why="nothing is defined there")
    raise NoSuchSymbol(name, nearest_names([symbol.qualified_name for symbol in symbols], wanted))


def nearest_names(names: Collection[str], name: str, count: int = 3) -> tuple[str, ...]:
    """The qualified names that look most like `name`, best first: the same last part, the whole alike, its end alike."""
    whole = {full.lower(): full for full in names}
    ends = {low.rpartition(".")[2]: full for low, full in whole.items()}
    wanted = name.lower()
    last = wanted.rpartition(".")[2]
    same_end = [full for low, full in whole.items() if low.rpartition(".")[2] == last]
    alike = [whole[low] for low in difflib.get_close_matches(wanted, whole, n=count, cutoff=0.5)]
    end_alike = [ends[low] for low in difflib.get_close_matches(last, ends, n=count, cutoff=0.6)]
    return tuple(dict.fromkeys((*same_end, *alike, *end_alike)))[:count]


def _plain(name: str) -> str:
    name = re.sub(r"\(.*\)$", "", name.strip())
    return re.sub(r"::|->|#(?!\d+$)", ".", name)


def _qualified(document: Document, found: list[Definition]) -> Iterator[Symbol]:
    """Symbols from definitions in text order: nested names, made unique.

    Of several with one name (overloads, a declaration and its definition) the first that has a body bears it plain.
    """
    paths: list[tuple[str, int]] = []
    around: list[tuple[Definition, str]] = []
    same: dict[str, list[int]] = {}
    for index, definition in enumerate(found):
        while around and not _within(definition, around[-1][0]):
            around.pop()
        parts = [around[-1][1] if around else "", definition.receiver, definition.name]
        path = ".".join(part for part in parts if part)
        paths.append((path, sum(outer.kind != "scope" for outer, _ in around)))
        around.append((definition, path))
        if definition.kind != "scope":
            same.setdefault(path, []).append(index)
    unique: dict[int, str] = {}
    for path, indices in same.items():
        first, *others = sorted(indices, key=lambda index: found[index].body is None)
        unique[first] = path
        unique |= {index: f"{path}#{number}" for number, index in enumerate(sorted(others), 2)}
    for index, name in sorted(unique.items()):
        yield _symbol(document, found[index], name, paths[index][1])


def _within(inner: Definition, outer: Definition) -> bool:
    return outer.node[0] <= inner.node[0] < outer.node[1] and inner.node != outer.node


def _symbol(document: Document, definition: Definition, unique: str, depth: int) -> Symbol:
    whole, node, name = (
        _span(document, bounds) for bounds in (definition.whole, definition.node, definition.name_bytes)
    )
    return Symbol(
        definition.name,
        unique,
        definition.kind,  # type: ignore[arg-type]  # _found lets only kinds and "scope" through
        document.line_of(whole.start),
        document.line_of(max(whole.start, whole.end - 1)),
        whole,
        node,
        name,
        _span(document, definition.body) if definition.body else None,
        depth,
    )


def _span(document: Document, bounds: tuple[int, int]) -> Span:
    """The characters of a byte range, without the line ends that some grammars count to a node."""
    start, end = document.char_of(bounds[0]), document.char_of(bounds[1])
    while end > start and document.text[end - 1] in "\r\n":
        end -= 1
    return Span(start, end)
