"""Markdown of a reply between its code blocks, drawn from stored rows: only the block that still grows is made anew.

However long a reply is, a piece of it costs what its last paragraph or list item costs. Links do nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textual.content import Content
from textual.geometry import Region, Size
from textual.selection import Selection
from textual.strip import Strip
from textual.visual import Visual
from textual.widget import Widget

from assistant.tui.drawing.drawn_rows import DrawnRows
from assistant.tui.drawing.prose_lines import Block, Line, blocks_of, table_lines
from assistant.tui.drawing.wrapping import character_cuts, word_cuts


@dataclass(frozen=True)
class _Row:
    """A part of a line, as one row of the screen; `goes_on` where the line began further up."""

    line: Line
    start: int
    end: int
    goes_on: bool

    def content(self) -> Content:
        text = self.line.content[self.start : self.end]
        prefix = self.line.rest if self.goes_on else self.line.first
        return prefix + (text if self.line.code else text.rstrip()) if prefix else text

    @property
    def plain(self) -> str:
        prefix = self.line.rest if self.goes_on else self.line.first
        return prefix.plain + self.line.content.plain[self.start : self.end]


class Prose(Widget):
    """Markdown that may still be growing.

    Args:
        text: what there is of it.
    """

    DEFAULT_CSS = """
    Prose { height: auto; margin: 0 0 1 0; }
    """

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._source: list[str] = []
        self._open = ""
        self._blocks: list[Block] = []
        self._growing: list[Block] = []
        self._rows: list[_Row] = []
        self._settled = 0
        self._wrapped_at = 0
        self._drawn = DrawnRows()
        if text:
            self._take(text)

    @property
    def source(self) -> str:
        """The Markdown so far."""
        return "".join(self._source)

    def append(self, text: str) -> None:
        """Add text at the end."""
        rows = len(self._rows)
        first = self._take(text)
        self._drawn.forget(first)
        changed = Region(0, first, self.size.width, max(rows, len(self._rows)) - first)
        self.refresh(changed, layout=len(self._rows) != rows)

    def _take(self, text: str) -> int:
        """Read the open part anew, settle all but its last block; returns the first row that may have changed."""
        self._source.append(text)
        self._open += text
        blocks = blocks_of(self._open, self._blocks[-1] if self._blocks else None)
        changed = first = self._settled
        if len(blocks) > 1:
            for block in blocks[:-1]:
                self._wrap(block, self._blocks[-1] if self._blocks else None, first)
                self._blocks.append(block)
                first = self._settled = len(self._rows)
            begins = blocks[-1].begins
            self._open = "\n".join(self._open.split("\n")[begins:])
            blocks = [blocks[-1]]
        self._growing = blocks
        del self._rows[self._settled :]
        for block in blocks:
            self._wrap(block, self._blocks[-1] if self._blocks else None, self._settled)
        return changed

    def _wrap(self, block: Block, before: Block | None, at: int) -> None:
        """Put the rows of a block from row `at` on, after an empty one where it does not go on a list."""
        del self._rows[at:]
        if not self._wrapped_at:
            return
        if before is not None and not (block.item and before.item):
            self._rows.append(_Row(Line(Content("")), 0, 0, False))
        width = self._wrapped_at
        for entry in block.lines:
            for line in (entry,) if isinstance(entry, Line) else table_lines(entry, width):
                room = max(1, width - line.rest.cell_length)
                cuts = (character_cuts if line.code else word_cuts)(line.content.plain, room)
                self._rows += [_Row(line, start, end, index > 0) for index, (start, end) in enumerate(cuts)]

    def _wrap_all(self) -> None:
        self._rows.clear()
        self._drawn.forget()
        before: Block | None = None
        for block in self._blocks:
            self._wrap(block, before, len(self._rows))
            before = block
        self._settled = len(self._rows)
        for block in self._growing:
            self._wrap(block, before, self._settled)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Rows at `width`."""
        if width != self._wrapped_at:
            self._wrapped_at = width
            self._wrap_all()
        return len(self._rows)

    def on_resize(self) -> None:
        """Wrap anew when the width has changed."""
        if self.size.width != self._wrapped_at:
            self._wrapped_at = self.size.width
            self._wrap_all()
            self.refresh(layout=True)

    def render_line(self, y: int) -> Strip:
        """One row."""
        width = self.size.width
        if y >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        selection = self.text_selection
        if selection is None and (known := self._drawn.get(y, width)) is not None:
            return known
        content = self._rows[y].content()
        if selection is not None and (span := selection.get_span(y)) is not None:
            style = self.screen.get_visual_style("screen--selection")
            content = content.stylize(style, span[0], None if span[1] == -1 else span[1])
        strips = Visual.to_strips(self, content, width, 1, self.visual_style, apply_selection=False, pad=True)
        strip = strips[0].apply_offsets(0, y) if strips else Strip.blank(width, self.rich_style)
        return strip if selection is not None else self._drawn.keep(y, width, strip)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """What the mouse has marked, with wrapped lines as the one line that they are."""
        words: list[str] = []
        for y, row in enumerate(self._rows):
            if (span := selection.get_span(y)) is None:
                continue
            part = row.plain[span[0] : None if span[1] == -1 else span[1]].rstrip()
            if words and row.goes_on and not row.line.code:
                words += [" ", part.removeprefix(row.line.rest.plain)]
            else:
                words += ["\n", part] if words else [part]
        return "".join(words), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw the marked part."""
        self.refresh()

    def notify_style_update(self) -> None:
        """Colours come from the theme, so a new theme is a new drawing."""
        super().notify_style_update()
        self._drawn.forget()
        self.refresh()

    def __rich_repr__(self) -> Any:
        yield "rows", len(self._rows)
