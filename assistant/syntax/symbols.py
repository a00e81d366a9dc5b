"""The named definitions of a source file: what they are called, where they lie, and what belongs to them.

`queries/<language>/symbols.scm` captures a definition under its kind, with `@name`, and `@body` where it has one (with
neither, the node's own fields of these names are taken); a later pattern overrides an earlier one for the same name. `@scope` captures what lends its name to the definitions
within without being one (a Rust `impl`), `@receiver` a name to put before the definition's own (a Go method's type).
`@path` is a name that
itself has parts (`Jar::open`). `@reference` captures a use of a name, for the repository map. This knows nothing of other files.
"""

from __future__ import annotations

import difflib
import re
import weakref
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import tree_sitter

from assistant.errors import AssistantError
from assistant.syntax.document import Document, Span, is_hopeless
from assistant.syntax.languages import Language, query

Kind = Literal[
    "function",
    "method",
    "class",
    "type",
    "constant",
    "variable",
    "test",
    "module",
    "section",
    "key",
    "rule",
    "element",
]
KINDS: frozenset[str] = frozenset(get_args(Kind))


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

    def __init__(self, name: str, nearest: tuple[str, ...], ambiguous: bool = False) -> None:
        self.name = name
        self.nearest = nearest
        what = f"{name} is more than one symbol" if ambiguous else f"no symbol {name}"
        super().__init__(what, hint=", ".join(nearest))


_outlines: weakref.WeakKeyDictionary[Document, tuple[Symbol, ...]] = weakref.WeakKeyDictionary()


def outline(document: Document) -> tuple[Symbol, ...]:
    """All symbols of a document in the order of the text; a symbol comes before those within it."""
    if document not in _outlines:
        _outlines[document] = tuple(_qualified(document, sorted(_definitions(document), key=_order)))
    return _outlines[document]


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
    if len(endings) == 1:
        return endings[0]
    if endings:
        raise NoSuchSymbol(name, tuple(symbol.qualified_name for symbol in endings[:5]), ambiguous=True)
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


@dataclass(frozen=True)
class _Definition:
    kind: str
    name: str
    receiver: str
    whole: tuple[int, int]
    node: tuple[int, int]
    name_bytes: tuple[int, int]
    body: tuple[int, int] | None


def _order(definition: _Definition) -> tuple[int, int, int]:
    return definition.whole[0], -definition.whole[1], definition.name_bytes[0]


def _definitions(document: Document) -> Iterator[_Definition]:
    language = document.language
    if language is None or document.tree is None or is_hopeless(document.tree):
        return
    cursor = tree_sitter.QueryCursor(query(language, "symbols", leave_out="@reference"))
    chosen: dict[int, tuple[int, str, dict[str, list[tree_sitter.Node]]]] = {}
    for pattern, captures in cursor.matches(document.tree.root_node):
        kind = next((name for name in captures if name in KINDS or name == "scope"), None)
        if kind is None:
            continue
        name = _name(captures, kind)
        if name is None:
            continue
        key = name.start_byte
        if key not in chosen or chosen[key][0] <= pattern:
            chosen[key] = (pattern, kind, captures)
    for _, kind, captures in chosen.values():
        yield from _definition(document, language, kind, captures)


def _definition(
    document: Document, language: Language, kind: str, captures: dict[str, list[tree_sitter.Node]]
) -> Iterator[_Definition]:
    node = captures[kind][0]
    name = _name(captures, kind) or node
    text = _name_text(document.text_of(name))
    receiver = _name_text(document.text_of(captures["receiver"][0])) if "receiver" in captures else ""
    if "path" in captures:
        receiver, _, text = re.sub(r"<[^<>]*>|\s", "", re.sub(r"::|:|\\", ".", text)).rpartition(".")
    if not text:
        return
    own_body = None if "name" in captures else node.child_by_field_name("body")
    bodies = captures.get("body") or ([own_body] if own_body else [])
    whole = _whole(document, language, node)
    yield _Definition(kind, text, receiver, whole, node.byte_range, name.byte_range, _body(bodies) if bodies else None)


def _name(captures: dict[str, list[tree_sitter.Node]], kind: str) -> tree_sitter.Node | None:
    named = captures.get("name") or captures.get("path")
    return named[0] if named else captures[kind][0].child_by_field_name("name")


def _name_text(text: str) -> str:
    """A name as it is addressed: on one line, without quotes around it."""
    text = " ".join(text.split())
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`"
    return text[1:-1] if quoted else text


def _whole(document: Document, language: Language, node: tree_sitter.Node) -> tuple[int, int]:
    """The bytes of a definition with its wrappers, and with the attributes and doc comments right above it."""
    while node.parent is not None and node.parent.type in language.wrappers:
        node = node.parent
    start = first = node
    if language.attached or language.doc_comment:
        while _something_above(document.data, first.start_byte):
            above = first.prev_sibling
            if above is None or not _belongs(document, language, above, first):
                break
            first = above
            if above.type in language.attached or not _shares_its_line(document.data, above.start_byte):
                start = above
    return start.start_byte, node.end_byte


def _something_above(data: bytes, start: int) -> bool:
    """Whether something other than a blank line stands on a byte's line before it, or else on the line above."""
    line_start = data.rfind(b"\n", 0, start) + 1
    above = data.rfind(b"\n", 0, max(line_start - 1, 0)) + 1
    return data[above:start].strip() != b""


def _belongs(document: Document, language: Language, above: tree_sitter.Node, below: tree_sitter.Node) -> bool:
    last_row = above.end_point.row - (above.end_point.column == 0)
    if below.start_point.row - last_row > 1:
        return False
    if above.type in language.attached:
        return True
    if "comment" not in above.type or not language.doc_comment:
        return False
    return re.match(language.doc_comment, document.text_of(above)) is not None


def _shares_its_line(data: bytes, start: int) -> bool:
    line_start = data.rfind(b"\n", 0, start) + 1
    return data[line_start:start].strip() != b""


def _body(nodes: list[tree_sitter.Node]) -> tuple[int, int]:
    first = nodes[0]
    # Comments between a Python signature and its first statement stand before the block, yet within the body.
    while (above := first.prev_sibling) is not None and above.type == "comment":
        first = above
    return first.start_byte, nodes[-1].end_byte


def _qualified(document: Document, definitions: list[_Definition]) -> Iterator[Symbol]:
    """Symbols from definitions in text order: nested names, made unique.

    Of several with one name (overloads, a declaration and its definition) the first that has a body bears it plain.
    """
    paths: list[tuple[str, int]] = []
    around: list[tuple[_Definition, str]] = []
    same: dict[str, list[int]] = {}
    for index, definition in enumerate(definitions):
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
        first, *others = sorted(indices, key=lambda index: definitions[index].body is None)
        unique[first] = path
        unique |= {index: f"{path}#{number}" for number, index in enumerate(sorted(others), 2)}
    for index, name in sorted(unique.items()):
        yield _symbol(document, definitions[index], name, paths[index][1])


def _within(inner: _Definition, outer: _Definition) -> bool:
    return outer.node[0] <= inner.node[0] < outer.node[1] and inner.node != outer.node


def _symbol(document: Document, definition: _Definition, unique: str, depth: int) -> Symbol:
    whole, node, name = (
        _span(document, bounds) for bounds in (definition.whole, definition.node, definition.name_bytes)
    )
    return Symbol(
        definition.name,
        unique,
        definition.kind,  # type: ignore[arg-type]  # _definitions lets only kinds and "scope" through
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
