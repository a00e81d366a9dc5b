"""What an empty conversation shows: where one is, what can be asked, and on the first run which model is worth having."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from assistant.tui.drawing import card
from assistant.tui.drawing.untrusted import Plain, joined


class Welcome(Vertical):
    """The card of an empty conversation.

    Args:
        folder: the folder that the app was opened in.
    """

    DEFAULT_CSS = """
    Welcome {
        height: auto;
        width: 78;
        max-width: 100%;
        padding: 1 1 0 1;
        & > Plain { width: 100%; height: auto; margin: 0 0 1 0; }
        & > #first-run {
            padding: 0 1;
            border-left: outer $accent;
            background: $accent 8%;
        }
    }
    """

    @dataclass
    class FetchWanted(Message):
        """The notice was clicked."""

    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder

    def compose(self) -> ComposeResult:
        """Logo and folder, keys; a widget more would cost every first paint a millisecond."""
        yield Plain(card.head(self._folder, self.app.size.height > card.ROOM_FOR_LOGO), id="top")
        yield Plain(card.keys(), id="keys")

    def show_logo(self, shown: bool) -> None:
        """The logo gives way where there is little room."""
        self.query_one("#top", Plain).show(card.head(self._folder, shown))

    def show_first_run(self, text: str, offer: str, offline: str) -> None:
        """Show the notice: what runs now, what one key fetches, and what to do without internet."""
        lines = [joined(text)]
        if offer:
            lines.append(joined((" Ctrl+G ", "$background on $accent"), f" {offer}"))
        lines.append(joined((offline, "$foreground 60%")))
        words = joined(*[part for line in lines for part in (line, "\n\n")][:-1])
        if notice := next(iter(self.query("#first-run").results(Plain)), None):
            notice.show(words)
        else:
            self.mount(Plain(words, id="first-run"), before="#keys")

    @on(Plain.Clicked, "#first-run")
    def _fetch(self) -> None:
        self.post_message(self.FetchWanted())
