"""The conversation: its entries as data, and the few of them that are widgets at a time.

However long a conversation is, at most WINDOW entries are mounted; scrolling past an end brings the next ones in and
lets the far ones go. It follows the newest text until the user scrolls away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from textual import events, on
from textual.containers import VerticalScroll
from textual.reactive import Reactive
from textual.widget import Widget

from assistant.tui.drawing.untrusted import Plain

WINDOW = 40
_STEP = 8
_AT_FIRST = 24

Entry = Callable[[], Widget]
"""Makes the widget of an entry; called when it is to be seen."""


class _More(Plain):
    """A line that stands for entries beyond an end; a click brings them."""

    DEFAULT_CSS = """
    _More { height: 1; color: $foreground 50%; text-align: center; &:hover { color: $primary; } }
    """


class Transcript(VerticalScroll, can_focus=True):
    """Entries from oldest to newest."""

    DEFAULT_CSS = """
    Transcript {
        align-horizontal: center;
        padding: 1 1 0 1;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        & > .-more { display: none; }
        & > .-more.-shown { display: block; }
    }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._entries: list[Entry] = []
        self._mounted: list[Widget] = []
        self._start = 0
        self._earlier = _More(classes="-more")
        self._later = _More(classes="-more")
        self._moving = False

    def compose(self) -> Sequence[Widget]:
        """The two lines for what is beyond."""
        return [self._earlier, self._later]

    def on_mount(self) -> None:
        """Follow the newest text."""
        self.anchor()

    def set_reactive(self, reactive: Reactive[Any], value: Any) -> None:
        """Textual anchors content that is shorter than the view to its bottom; a conversation begins at the top."""
        scrolls = reactive in (Widget.scroll_y, Widget.scroll_target_y)
        super().set_reactive(cast("Any", reactive), max(0, value) if scrolls else value)

    @property
    def _stop(self) -> int:
        return self._start + len(self._mounted)

    async def replace(self, entries: Sequence[Entry]) -> None:
        """Show another conversation, from its end."""
        await self.remove_children(self._mounted)
        self._entries = list(entries)
        self._mounted = []
        self._start = max(0, len(self._entries) - _AT_FIRST)
        await self._mount_end(self._entries[self._start :])
        self.anchor()

    async def add(self, widget: Widget, again: Entry) -> None:
        """Add an entry at the end and go there; `again` makes its widget when it comes back into the window."""
        if self._stop < len(self._entries):
            await self.to_end()
        self._entries.append(again)
        self._mounted.append(widget)
        await self.mount(widget, before=self._later)
        await self._let_go_of_oldest()
        self.anchor()

    def change(self, widget: Widget, again: Entry) -> None:
        """What an entry is when it comes back."""
        if widget in self._mounted:
            self._entries[self._start + self._mounted.index(widget)] = again

    async def to_end(self) -> None:
        """Show the newest entries."""
        await self.replace(self._entries)

    def code_blocks(self) -> list[Widget]:
        """The mounted code blocks, oldest first."""
        return [block for block in self.query("CodeBlock") if isinstance(block, Widget)]

    def stops(self) -> list[Widget]:
        """Where keys go from one to the next: questions and code blocks, oldest first."""
        return [one for one in self.query("CodeBlock, Question") if isinstance(one, Widget)]

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """At an end, bring what is beyond it."""
        super().watch_scroll_y(old_value, new_value)
        if self._moving or not self.is_attached:
            return
        if new_value <= 0 and new_value < old_value and self._start > 0:
            self.call_later(self._bring_earlier)
        elif new_value >= self.max_scroll_y > 0 and new_value > old_value and self._stop < len(self._entries):
            self.call_later(self._bring_later)

    @on(events.Click)
    async def _bring(self, event: events.Click) -> None:
        if event.widget is self._earlier:
            await self._bring_earlier()
        elif event.widget is self._later:
            await self._bring_later()

    async def _bring_earlier(self) -> None:
        if self._start == 0 or self._moving:
            return
        self._moving = True
        self.release_anchor()
        first = self._mounted[0] if self._mounted else None
        begin = max(0, self._start - _STEP)
        new = [make() for make in self._entries[begin : self._start]]
        await self.mount_all(new, after=self._earlier)
        self._mounted[:0] = new
        self._start = begin
        far, self._mounted = self._mounted[WINDOW:], self._mounted[:WINDOW]
        await self.remove_children(far)
        self._say_what_is_beyond()
        self.call_after_refresh(self._settle_at, first)

    async def _bring_later(self) -> None:
        if self._stop >= len(self._entries) or self._moving:
            return
        self._moving = True
        last = self._mounted[-1]
        await self._mount_end(self._entries[self._stop : self._stop + _STEP])
        await self._let_go_of_oldest()
        self.call_after_refresh(self._settle_at, last)

    def _settle_at(self, widget: Widget | None) -> None:
        if widget is not None and widget.is_attached:
            self.scroll_to_widget(widget, animate=False, top=True, immediate=True)
        self._moving = False

    async def _mount_end(self, entries: Sequence[Entry]) -> None:
        new = [make() for make in entries]
        self._mounted += new
        await self.mount_all(new, before=self._later)
        self._say_what_is_beyond()

    async def _let_go_of_oldest(self) -> None:
        if (many := len(self._mounted) - WINDOW) > 0:
            far, self._mounted = self._mounted[:many], self._mounted[many:]
            self._start += many
            await self.remove_children(far)
        self._say_what_is_beyond()

    def _say_what_is_beyond(self) -> None:
        for line, count, text in (
            (self._earlier, self._start, "▲ {:,} earlier"),
            (self._later, len(self._entries) - self._stop, "▼ {:,} later"),
        ):
            line.set_class(count > 0, "-shown")
            line.show(text.format(count))
