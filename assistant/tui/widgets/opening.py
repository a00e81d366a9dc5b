"""Where the prompt will be, for the moment before it is: the first paint waits for nothing.

Letters typed meanwhile are kept for the prompt.
"""

from __future__ import annotations

from textual import events

from assistant.tui.untrusted import Plain


class Opening(Plain, can_focus=True):
    """A still picture of the prompt and the lines below it."""

    DEFAULT_CSS = """
    Opening {
        height: 3;
        margin: 0 1 2 1;
        padding: 0 1;
        border: round $primary;
        color: $foreground 40%;
    }
    """

    def __init__(self) -> None:
        super().__init__("opening…")
        self.typed = ""

    def on_key(self, event: events.Key) -> None:
        """Keep what is typed."""
        if event.is_printable and event.character:
            event.stop()
            self.typed += event.character

    def on_paste(self, event: events.Paste) -> None:
        """Keep what is pasted."""
        event.stop()
        self.typed += event.text
