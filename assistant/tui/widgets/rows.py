"""A list of one-line rows of any length: only what is in view is drawn, so a hundred thousand rows cost as much as forty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from assistant.ground.visible import visible_line
from assistant.tui.keymap import named


@dataclass(frozen=True)
class Row:
    """What a row shows; its words need not be ours."""

    label: str
    detail: str = ""
    """Muted, after the label."""
    depth: int = 0
    sign: str = ""
    """One cell before the label, in the theme's secondary colour."""
    bold: bool = False
    faint: bool = False
    matched: tuple[int, ...] = ()
    """Characters of the label to mark."""


class Rows(ScrollView, can_focus=True):
    """The list; arrows move, Enter or a click chooses."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows--row",
        "rows--at",
        "rows--at-blurred",
        "rows--detail",
        "rows--sign",
        "rows--match",
    }
    DEFAULT_CSS = """
    Rows {
        height: 1fr;
        background: $background;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
        & > .rows--row { color: $foreground; background: $background; }
        & > .rows--at { color: $foreground; background: $primary 35%; }
        & > .rows--at-blurred { color: $foreground; background: $panel; }
        & > .rows--detail { color: $foreground 50%; }
        & > .rows--sign { color: $secondary; }
        & > .rows--match { color: $accent; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = named(
        "list",
        [
            Binding("up,k", "move(-1)", "Up", show=False),
            Binding("down,j", "move(1)", "Down", show=False),
            Binding("pageup", "page(-1)", "A page up", show=False),
            Binding("pagedown", "page(1)", "A page down", show=False),
            Binding("home,g", "edge(False)", "First row", show=False, id="list.first"),
            Binding("end,G", "edge(True)", "Last row", show=False, id="list.last"),
            Binding("enter", "choose", "Open", show=False),
        ],
    )
    ALLOW_SELECT = False

    at: reactive[int] = reactive(0, repaint=False)

    @dataclass
    class Chosen(Message):
        """A row was chosen by Enter or by a click."""

        rows: Rows
        index: int

        @property
        def control(self) -> Rows:
            """For `on` with a selector."""
            return self.rows

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: Sequence[Row] = ()
        self.empty = ""
        """What is said in place of no rows."""

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def put(self, rows: Sequence[Row], at: int | None = None) -> None:
        """Show these rows; the marked one stays as far as it can, or is `at`."""
        self._rows = rows
        self.virtual_size = Size(0, len(rows))
        self.at = max(0, min(self.at if at is None else at, len(rows) - 1))
        self.refresh()

    def mark(self, index: int) -> None:
        """Mark a row and bring it into view."""
        self.at = max(0, min(index, len(self._rows) - 1))

    def watch_at(self, before: int, now: int) -> None:
        """Draw the two rows anew, and see that the marked one is in view."""
        for index in (before, now):
            self.refresh(Region(0, index - self.scroll_offset.y, self.size.width, 1))
        if self.is_attached:
            self.scroll_to_region(Region(0, now, 1, 1), animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        """One row."""
        width, index = self.size.width, self.scroll_offset.y + y
        plain = self.get_component_rich_style("rows--row")
        if index >= len(self._rows):
            said = self.empty if index == 0 and not self._rows else ""
            faint = self._over(plain, "detail")
            return Strip([Segment(set_cell_size(f" {said}" if said else "", width), faint)], width)
        base = plain
        if index == self.at:
            base = self.get_component_rich_style("rows--at" if self.has_focus else "rows--at-blurred")
        return Strip(self._segments(self._rows[index], base, width), width)

    def _over(self, base: Style, name: str) -> Style:
        wanted = self.get_component_styles(f"rows--{name}")
        # A style of Rich has no transparency, so the colour is mixed with what stands behind it here.
        behind = Color.from_rich_color(base.bgcolor)
        colour = behind.blend(wanted.color, wanted.color.a, 1.0).rich_color
        return base + Style(color=colour, bold=wanted.text_style.bold)

    def _segments(self, row: Row, base: Style, width: int) -> list[Segment]:
        def over(name: str) -> Style:
            return self._over(base, name)

        faint = over("detail")
        label_style = faint if row.faint else base + Style(bold=row.bold or None)
        parts = [(" " + "  " * row.depth, base)]
        if row.sign:
            parts.append((f"{row.sign} ", over("sign")))
        if row.matched:
            hit, marked = over("match"), frozenset(row.matched)
            parts += [
                (visible_line(sign), hit if index in marked else label_style) for index, sign in enumerate(row.label)
            ]
        else:
            parts.append((visible_line(row.label), label_style))
        if row.detail:
            parts.append((f" {visible_line(row.detail)}", faint))
        return _fitted(parts, width, base)

    def action_move(self, step: int) -> None:
        """Up or down."""
        self.mark(self.at + step)

    def action_page(self, step: int) -> None:
        """A screenful up or down."""
        self.mark(self.at + step * max(1, self.size.height - 1))

    def action_edge(self, last: bool) -> None:
        """To the first or last row."""
        self.mark(len(self._rows) - 1 if last else 0)

    def action_choose(self) -> None:
        """Choose the marked row."""
        if self._rows:
            self.post_message(self.Chosen(self, self.at))

    async def _on_click(self, event: events.Click) -> None:
        event.stop()
        index = self.scroll_offset.y + int(event.y)
        if index < len(self._rows):
            self.mark(index)
            self.action_choose()


def _fitted(parts: list[tuple[str, Style]], width: int, base: Style) -> list[Segment]:
    """Segments of exactly `width` cells; what does not fit ends in an ellipsis."""
    segments: list[Segment] = []
    used = 0
    for text, style in parts:
        cells = cell_len(text)
        if used + cells > width:
            cut = set_cell_size(text, max(0, width - used - 1)) + ("…" if width > used else "")
            return [*segments, Segment(cut, style)]
        segments.append(Segment(text, style))
        used += cells
    return [*segments, Segment(" " * (width - used), base)]
