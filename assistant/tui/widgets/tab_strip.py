"""One line of tabs: the open files, each a click; what does not fit gives way around the one at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from assistant.ground.visible import visible_line


@dataclass(frozen=True)
class Tab:
    """A file's name, and a sign of its state: "●" not saved, "✕" gone from disk, "" nothing to say."""

    label: str
    sign: str = ""

    @property
    def text(self) -> str:
        """As it is drawn; the last two cells close it."""
        return f" {visible_line(self.label)} {self.sign or '×'} "


class TabStrip(Widget):
    """The tabs; clicking a name goes there, clicking its sign closes it."""

    COMPONENT_CLASSES = {"tabs--tab", "tabs--at", "tabs--sign"}  # noqa: RUF012 - Textual declares it so
    DEFAULT_CSS = """
    TabStrip {
        height: 1;
        background: $surface;
        & > .tabs--tab { color: $foreground 60%; background: $surface; }
        & > .tabs--at { color: $foreground; background: $background; text-style: bold; }
        & > .tabs--sign { color: $accent; }
    }
    """
    ALLOW_SELECT = False

    @dataclass
    class Chosen(Message):
        """A tab was clicked; `closing` where its sign was."""

        index: int
        closing: bool = False

    def __init__(self) -> None:
        super().__init__()
        self._tabs: tuple[Tab, ...] = ()
        self._at = 0

    def put(self, tabs: Sequence[Tab], at: int) -> None:
        """Show these tabs."""
        if (tuple(tabs), at) != (self._tabs, self._at):
            self._tabs, self._at = tuple(tabs), at
            self.refresh()

    def _first(self) -> int:
        """The first tab in view: the earliest from which the one at hand still fits."""
        first = 0
        while (
            first < self._at and sum(cell_len(t.text) + 1 for t in self._tabs[first : self._at + 1]) > self.size.width
        ):
            first += 1
        return first

    def render_line(self, y: int) -> Strip:
        """All tabs that fit."""
        width = self.size.width
        plain, here = self.get_component_rich_style("tabs--tab"), self.get_component_rich_style("tabs--at")
        accent = self.get_component_rich_style("tabs--sign", partial=True)
        segments: list[Segment] = []
        for index, tab in enumerate(self._tabs[self._first() :], self._first()):
            style = here if index == self._at else plain
            segments += [Segment(tab.text[:-2], style), Segment(tab.text[-2:], style + accent if tab.sign else style)]
            segments.append(Segment(" ", plain))
        return Strip(segments).adjust_cell_length(width, plain)

    async def _on_click(self, event: events.Click) -> None:
        event.stop()
        at = int(event.x)
        for index, tab in enumerate(self._tabs[self._first() :], self._first()):
            size = cell_len(tab.text)
            if 0 <= at < size:
                self.post_message(self.Chosen(index, closing=event.button == 2 or at >= size - 2))
                return
            at -= size + 1
