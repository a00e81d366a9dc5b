"""The slash commands that fit what is typed, above the prompt; arrows choose, Tab or a click completes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import events, on
from textual.content import Content

from assistant.tui.messages import CommandPicked
from assistant.tui.untrusted import Plain, joined

if TYPE_CHECKING:
    from assistant.commands.slash import SlashCommand

_ROWS = 8


class CommandMenu(Plain):
    """A short list; hidden when nothing fits."""

    DEFAULT_CSS = """
    CommandMenu {
        height: auto;
        padding: 0 1;
        background: $surface;
        border: round $border;
        border-bottom: none;
        display: none;
        &.-open { display: block; }
    }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._found: Sequence[SlashCommand] = ()
        self._at = 0

    @property
    def is_open(self) -> bool:
        """Whether there is something to choose."""
        return bool(self._found)

    @property
    def chosen(self) -> SlashCommand | None:
        """The command that is marked."""
        return self._found[self._at] if self._found else None

    def offer(self, commands: Sequence[SlashCommand]) -> None:
        """Show these."""
        self._found = commands
        self._at = min(self._at, max(0, len(commands) - 1))
        self.set_class(bool(commands), "-open")
        self._draw()

    def move(self, step: int) -> None:
        """Mark the next or the one before."""
        if self._found:
            self._at = (self._at + step) % len(self._found)
            self._draw()

    @on(events.Click)
    def _choose(self, event: events.Click) -> None:
        """Choose the row under the mouse."""
        event.stop()
        row = self._first() + event.y - 1
        if 0 <= row < len(self._found):
            self.post_message(CommandPicked(self._found[row].name))

    def _first(self) -> int:
        return max(0, min(self._at - _ROWS // 2, len(self._found) - _ROWS))

    def _draw(self) -> None:
        first = self._first()
        rows = [self._row(first + i, c) for i, c in enumerate(self._found[first : first + _ROWS])]
        self.show(Content("\n").join(rows))

    def _row(self, index: int, command: SlashCommand) -> Content:
        marked = index == self._at
        name = f"/{command.name} {command.usage}".ljust(20)
        return joined(
            ("▸ " if marked else "  ", "$accent"),
            (name, "bold $primary" if marked else "$primary"),
            (command.help, "$foreground 70%"),
        )
