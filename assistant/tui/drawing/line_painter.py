"""Draws one line of code as a strip: colours of the pieces, the selection, found places, the cursor, the line number.

It is given all that it needs and keeps only styles; what need not be drawn again is the editor's to know.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from assistant.ground.visible import visible_in_place
from assistant.syntax.colouring import Piece

LONGEST = 20_000
"""Characters of a line with tabs or wide characters that are drawn; of plain lines any part is."""

Columns = tuple[int, int]
"""From and to, in characters of the line, the end not included."""


@dataclass(frozen=True)
class LineLook:
    """All that the look of a line depends on; two that are equal look alike."""

    text: str
    number: int
    """From 1."""
    pieces: tuple[Piece, ...] = ()
    selected: tuple[Columns, ...] = ()
    found: tuple[Columns, ...] = ()
    brackets: tuple[int, ...] = ()
    current: bool = False
    """The cursor is in this line."""
    cursor: int = -1
    """Where the cursor is drawn; -1 for nowhere."""
    further: tuple[int, ...] = ()
    """Where the cursors of further selections are drawn."""
    hides: int = 0
    """How many lines are folded below it."""
    ghost: str = ""
    """What is suggested from the cursor on."""
    ghost_more: int = 0


@dataclass(frozen=True)
class Palette:
    """The colours of a theme, as Rich styles; each is laid over the ones before it."""

    base: Style
    gutter: Style
    gutter_here: Style
    line_here: Style
    selected: Style
    found: Style
    bracket: Style
    cursor: Style
    cursor_more: Style
    ghost: Style
    faint: Style
    roles: dict[str, Style]


class LinePainter:
    """Strips for lines, in one palette."""

    def __init__(self, palette: Palette) -> None:
        self.palette = palette
        self._mixed = lru_cache(maxsize=1024)(self._mix)

    def _mix(self, role: str, look: int) -> Style:
        style = self.palette.base
        for bit, over in enumerate((self.palette.line_here, self.palette.found, self.palette.selected)):
            if look & 1 << bit:
                style += over
        if role:
            style += self.palette.roles.get(role, Style.null())
        if look & 8:
            style += self.palette.bracket
        if look & 16:
            style += self.palette.cursor
        elif look & 32:
            style += self.palette.cursor_more
        return style

    def paint(self, look: LineLook, width: int, scroll: int, gutter: int, tab: int) -> Strip:
        """A row of `width` cells, the text scrolled by `scroll` cells; `gutter` cells hold the number, 0 for none."""
        here = 1 if look.current else 0
        segments: list[Segment] = []
        if gutter:
            style = self.palette.gutter_here if look.current else self.palette.gutter
            segments.append(Segment(f"{look.number:>{gutter - 2}}{'▸' if look.hides else ' '} ", style))
        room = width - gutter
        line, shift = self._window(look, scroll, room)
        body = self._body(look, line, shift, here, tab)
        strip = Strip(body)
        if shift != scroll:
            strip = strip.crop(scroll - shift, scroll - shift + room)
        return Strip([*segments, *strip.adjust_cell_length(room, self._mixed("", here))], width)

    def _window(self, look: LineLook, scroll: int, room: int) -> tuple[str, int]:
        """The part of a line that is drawn, and where it begins: a plain one is cut where the view begins."""
        if look.text.isascii() and "\t" not in look.text:
            return look.text[scroll : scroll + room + 1], scroll
        return look.text[:LONGEST], 0

    def _body(self, look: LineLook, line: str, shift: int, here: int, tab: int) -> list[Segment]:
        shown = visible_in_place(line)
        size = len(shown) + 1
        roles: list[str] = [""] * size
        looks = [here] * size
        for start, stop, role in look.pieces:
            first, last = max(0, start - shift), min(size - 1, stop - shift)
            if last > first:
                roles[first:last] = [role] * (last - first)
        for bit, columns in ((2, look.found), (4, look.selected)):
            for start, stop in columns:
                for index in range(max(0, start - shift), min(size, stop - shift)):
                    looks[index] |= bit
        for bit, places in ((8, look.brackets), (16, (look.cursor,)), (32, look.further)):
            for place in places:
                if place >= 0 and 0 <= place - shift < size:
                    looks[place - shift] |= bit
        segments = self._runs(shown + " ", roles, looks, tab)
        if look.ghost:
            segments = self._with_ghost(look, line, shift, segments)
        if look.hides:
            segments.append(Segment(f" ⋯ {look.hides:,} lines", self.palette.faint))
        return segments

    def _runs(self, text: str, roles: list[str], looks: list[int], tab: int) -> list[Segment]:
        segments: list[Segment] = []
        start, cells, size = 0, 0, len(text)
        tabs = "\t" in text
        while start < size:
            role, look, stop = roles[start], looks[start], start + 1
            while stop < size and roles[stop] == role and looks[stop] == look:
                stop += 1
            part = text[start:stop]
            if tabs:
                part, cells = _expanded(part, cells, tab)
            segments.append(Segment(part, self._mixed(role, look)))
            start = stop
        return segments

    def _with_ghost(self, look: LineLook, line: str, shift: int, segments: list[Segment]) -> list[Segment]:
        """The first line of a suggestion after the line's end: text right of the cursor stays where it is."""
        at_end = look.cursor < 0 or look.cursor - shift >= len(line)
        words = visible_in_place(look.ghost)
        more = f"  +{look.ghost_more} lines" if look.ghost_more > 1 else "  +1 line" if look.ghost_more else ""
        if at_end and segments:
            # The cursor stands on the first letter of what is suggested.
            cursor = self.palette.ghost + self.palette.cursor if look.cursor >= 0 else self.palette.ghost
            last = segments.pop()
            head = last.text[:-1]
            segments += [Segment(head, last.style)] if head else []
            segments += [Segment(words[:1] or " ", cursor), Segment(words[1:], self.palette.ghost)]
        else:
            segments.append(Segment(f"  ↳ {words}", self.palette.ghost))
        return [*segments, Segment(more, self.palette.faint)]

    def row(self, what: LineLook | str | None, width: int, scroll: int, gutter: int, tab: int) -> Strip:
        """A line, a further line of a suggestion, or nothing."""
        if isinstance(what, LineLook):
            return self.paint(what, width, scroll, gutter, tab)
        return self.blank(width) if what is None else self.ghost_row(what, width, scroll, gutter, tab)

    def ghost_row(self, text: str, width: int, scroll: int, gutter: int, tab: int) -> Strip:
        """A further line of a suggestion, over the row that it is drawn in."""
        style = self.palette.ghost
        strip = Strip([Segment(visible_in_place(text).expandtabs(tab), style)])
        if scroll:
            strip = strip.crop(scroll)
        mark = [Segment("┆ ".rjust(gutter), style)] if gutter else []
        return Strip([*mark, *strip.adjust_cell_length(width - gutter, style)], width)

    def blank(self, width: int) -> Strip:
        """A row past the end."""
        return Strip.blank(width, self.palette.base)


def _expanded(text: str, cells: int, tab: int) -> tuple[str, int]:
    """`text` with its tabs as blanks, the first character drawn at `cells`; and where it ends."""
    if "\t" not in text:
        return text, cells + cell_len(text)
    parts = []
    for sign in text:
        drawn = " " * (tab - cells % tab) if sign == "\t" else sign
        cells += cell_len(drawn)
        parts.append(drawn)
    return "".join(parts), cells
