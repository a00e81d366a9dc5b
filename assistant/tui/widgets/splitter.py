"""The line between two panels; the mouse drags it."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget


class Splitter(Widget):
    """One column, or one row where `flat`.

    Args:
        between: what is resized, as the workbench calls it.
    """

    DEFAULT_CSS = """
    Splitter { width: 1; height: 1fr; color: $border-blurred; background: $background; }
    Splitter.-flat { width: 1fr; height: 1; }
    Splitter:hover, Splitter.-dragged { color: $primary; }
    """
    ALLOW_SELECT = False

    @dataclass
    class Dragged(Message):
        """The mouse moved the line by `step` columns or rows; `done` when it was let go."""

        between: str
        step: int
        done: bool = False

    def __init__(self, between: str, flat: bool = False) -> None:
        super().__init__(id=f"split-{between}")
        self._between = between
        self._from: int | None = None
        self.set_class(flat, "-flat")

    def lie(self, flat: bool) -> None:
        """Be a row rather than a column."""
        self.set_class(flat, "-flat")

    def render_line(self, y: int) -> Strip:
        """A thin line."""
        sign = "─" * self.size.width if self.has_class("-flat") else "│"
        return Strip([Segment(sign, self.rich_style)])

    async def _on_mouse_down(self, event: events.MouseDown) -> None:
        event.stop()
        self.capture_mouse()
        self.add_class("-dragged")
        self._from = self._at(event)

    async def _on_mouse_move(self, event: events.MouseMove) -> None:
        at = self._at(event)
        if self._from is not None and at != self._from:
            self.post_message(self.Dragged(self._between, at - self._from))
            self._from = at

    async def _on_mouse_up(self, event: events.MouseUp) -> None:
        self.release_mouse()
        self.remove_class("-dragged")
        if self._from is not None:
            self._from = None
            self.post_message(self.Dragged(self._between, 0, done=True))

    def _at(self, event: events.MouseEvent) -> int:
        return int(event.screen_y if self.has_class("-flat") else event.screen_x)
