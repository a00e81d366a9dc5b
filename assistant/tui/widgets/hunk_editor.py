"""The new lines of a hunk, to be rewritten where they stand: a small text area that answers with its text.

It knows no hunk and judges nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

from assistant.ground.visible import visible, visible_in_place
from assistant.tui.keymap import named


class HunkEditor(TextArea):
    """Lines being rewritten.

    Args:
        text: with LF line ends.
    """

    DEFAULT_CSS = """
    HunkEditor {
        height: auto;
        min-height: 3;
        max-height: 24;
        margin: 0 0 1 0;
        border: round $accent;
        border-title-color: $accent;
        border-subtitle-color: $foreground 55%;
        background: $background;
        padding: 0 1;
        &:focus { border: round $accent; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = named(
        "hunk",
        [
            Binding("ctrl+s,f10", "take", "Take it as it stands now"),
            Binding("escape", "leave", "Leave it as it was"),
        ],
    )

    @dataclass
    class Ended(Message):
        """The user is done: the new text, or None where it stays as it was."""

        text: str | None

    def __init__(self, text: str) -> None:
        super().__init__(text, soft_wrap=False, show_line_numbers=False, tab_behavior="indent")
        self.border_title = "new lines"
        self.border_subtitle = "^s takes them · Esc leaves them as they were"

    def get_line(self, line_index: int) -> Text:
        """A line as it is drawn; the text is a model's."""
        return Text(visible_in_place(self.document.get_line(line_index)), end="", no_wrap=True)

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            event.prevent_default()
            self.action_leave()
            return
        await super()._on_key(event)

    async def _on_paste(self, event: events.Paste) -> None:
        # A pasted escape sequence would go into the file unseen.
        event.prevent_default()
        event.stop()
        if result := self._replace_via_keyboard(visible(event.text), *self.selection):
            self.move_cursor(result.end_location)

    def action_take(self) -> None:
        """Answer with the text."""
        self.post_message(self.Ended(self.text))

    def action_leave(self) -> None:
        """Answer with nothing."""
        self.post_message(self.Ended(None))
