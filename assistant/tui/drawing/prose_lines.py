"""Markdown as lines of styled text: what a parser makes of a source, laid out for a width, with no widget.

Control characters are made visible after parsing, so that one spelt as an entity is visible too. Links are text that
says where it points; nothing can be clicked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode
from textual.content import Content, Span

from assistant.ground.visible import visible, visible_line
from assistant.tui.drawing.code_lines import coloured
from assistant.tui.drawing.wrapping import word_cuts

_HEADINGS = {"h1": "bold $primary", "h2": "bold $primary", "h3": "bold $secondary"}
_BULLETS = ("•", "◦", "▪")
_MARKS = {"strong": "bold", "em": "italic", "s": "strike"}
_DEEPEST = 12
_LEAST_COLUMN = 3
_TAB = 4
_NOTHING = Content("")


@dataclass(frozen=True)
class Line:
    """A line to be wrapped: `first` stands before its first row, `rest` before the others; code is cut anywhere."""

    content: Content
    first: Content = _NOTHING
    rest: Content = _NOTHING
    code: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of cells, the first of them the head; laid out for a width by `table_lines`."""

    rows: tuple[tuple[Content, ...], ...]
    first: Content
    rest: Content


@dataclass(frozen=True)
class Block:
    """A part that stands by itself, and where it begins in the source (a line); an item of a list knows its number."""

    begins: int
    lines: tuple[Line | Table, ...]
    item: bool = False
    number: int = 0


def safe_markdown() -> MarkdownIt:
    """The parser: no HTML, tables and struck text."""
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


_PARSER = safe_markdown()


def blocks_of(source: str, after: Block | None = None) -> list[Block]:
    """The blocks of a Markdown text that follows on the block `after`; each item of a list at the margin is a block."""
    blocks: list[Block] = []
    for node in SyntaxTreeNode(_PARSER.parse(source)).children:
        begins = node.map[0] if node.map else 0
        before = blocks[-1] if blocks else after
        if node.type in ("bullet_list", "ordered_list"):
            number = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else 0
            if number and before is not None and before.number:
                number = before.number + 1
            for item in node.children:
                lines = tuple(_item(number, item, _NOTHING, _NOTHING, 0))
                blocks.append(Block(item.map[0] if item.map else begins, lines, item=True, number=number))
                number += number > 0
        else:
            blocks.append(Block(begins, tuple(_lines(node, _NOTHING, _NOTHING, 0))))
    return blocks


def _lines(node: SyntaxTreeNode, first: Content, rest: Content, depth: int) -> Iterator[Line | Table]:
    kind = node.type
    if kind == "paragraph":
        yield from _paragraph(_inline(node), first, rest)
    elif kind == "heading":
        yield from _paragraph(_inline(node, _HEADINGS.get(node.tag, "bold")), first, rest)
    elif kind in ("bullet_list", "ordered_list") and depth < _DEEPEST:
        start = int(node.attrs.get("start", 1)) if kind == "ordered_list" else 0
        for index, item in enumerate(node.children):
            yield from _item(start and start + index, item, rest if index else first, rest, depth)
    elif kind == "blockquote" and depth < _DEEPEST:
        bar = Content.styled("▌ ", "$secondary")
        yield from _children(node, first + bar, rest + bar, depth + 1)
    elif kind in ("fence", "code_block"):
        code = visible(node.content).expandtabs(_TAB).rstrip("\n")
        gap = Content("  ")
        for index, line in enumerate(coloured(code, visible_line(node.info.split(" ")[0]) if node.info else "")):
            yield Line(line, (rest if index else first) + gap, rest + gap, code=True)
    elif kind == "hr":
        yield Line(Content.styled("─" * 12, "$border"), first, rest)
    elif kind == "table":
        yield Table(tuple(tuple(_inline(cell) for cell in row.children) for row in _rows(node)), first, rest)
    elif node.children:
        yield from _children(node, first, rest, depth + 1)
    else:
        yield from _paragraph(Content(visible(node.content)), first, rest)


def _children(node: SyntaxTreeNode, first: Content, rest: Content, depth: int) -> Iterator[Line | Table]:
    for index, child in enumerate(node.children):
        if index and child.type not in ("bullet_list", "ordered_list"):
            yield Line(_NOTHING, rest, rest)
        yield from _lines(child, rest if index else first, rest, depth)


def _item(number: int, item: SyntaxTreeNode, first: Content, rest: Content, depth: int) -> Iterator[Line | Table]:
    mark = f"{number}. " if number else f"{_BULLETS[depth % len(_BULLETS)]} "
    sign = Content.styled(mark, "$primary")
    if not item.children:
        yield Line(_NOTHING, first + sign, rest)
    yield from _children(item, first + sign, rest + Content(" " * len(mark)), depth + 1)


def _rows(table: SyntaxTreeNode) -> Iterator[SyntaxTreeNode]:
    for part in table.children:
        yield from part.children


def _paragraph(content: Content, first: Content, rest: Content) -> Iterator[Line]:
    for index, line in enumerate(content.split("\n", allow_blank=True)):
        yield Line(line, rest if index else first, rest)


def _inline(node: SyntaxTreeNode, style: str = "") -> Content:
    """The text of a paragraph, a heading or a cell, with what is marked in it."""
    text: list[str] = []
    spans: list[Span] = []
    at = 0

    def say(words: str, *styles: str) -> None:
        nonlocal at
        words = visible(words).replace("\t", " " * _TAB)
        text.append(words)
        spans.extend(Span(at, at + len(words), one) for one in styles if one)
        at += len(words)

    def walk(tokens: Sequence[Token]) -> None:
        styles: list[str] = [style]
        links: list[tuple[str, int]] = []
        for token in tokens:
            kind, _, side = token.type.rpartition("_")
            if kind in _MARKS:
                styles.append(_MARKS[kind]) if side == "open" else styles.pop()
            elif token.type == "link_open":
                styles.append("underline $accent")
                links.append((str(token.attrs.get("href", "")), at))
            elif token.type == "link_close":
                styles.pop()
                href, begin = links.pop()
                if href != "".join(text)[begin:]:
                    say(f" ({href})", "$foreground 50%")
            elif token.type == "code_inline":
                say(token.content, *styles, "$secondary on $panel")
            elif token.type == "image":
                say(f"{token.content} ({token.attrs.get('src', '')})", *styles)
            elif token.type == "softbreak":
                say(" ")
            elif token.type == "hardbreak":
                say("\n")
            else:
                say(token.content, *styles)

    for child in node.children:
        if child.token is not None and child.type == "inline":
            walk(child.token.children or [])
    return Content("".join(text), spans)


def table_lines(table: Table, width: int) -> list[Line]:
    """A table for `width` cells: columns as wide as their cells, the widest made narrower until all fit."""
    count = max((len(row) for row in table.rows), default=0)
    room = width - table.rest.cell_length - 3 * max(0, count - 1)
    columns = [max((row[c].cell_length for row in table.rows if c < len(row)), default=1) for c in range(count)]
    while sum(columns) > room and max(columns, default=0) > _LEAST_COLUMN:
        columns[columns.index(max(columns))] -= 1
    lines: list[Line] = []
    bar = Content.styled(" │ ", "$border")
    for index, row in enumerate(table.rows):
        cells = [
            [row[c][begin:end].rstrip() for begin, end in word_cuts(row[c].plain, columns[c])] if c < len(row) else []
            for c in range(count)
        ]
        for height in range(max((len(cell) for cell in cells), default=0)):
            parts = [cell[height] if height < len(cell) else _NOTHING for cell in cells]
            padded = [part.pad_right(max(0, columns[c] - part.cell_length)) for c, part in enumerate(parts)]
            whole = bar.join(padded)
            lines.append(Line(whole.stylize("bold") if index == 0 else whole, table.rest, table.rest, code=True))
        if index == 0:
            rule = "─┼─".join("─" * column for column in columns)
            lines.append(Line(Content.styled(rule, "$border"), table.rest, table.rest, code=True))
    return lines
