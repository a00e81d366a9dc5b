"""The top line: the app, the conversation's title, the model; a click on title or model opens its list."""

from __future__ import annotations

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message

from assistant.ground.visible import visible_line
from assistant.tui.drawing.untrusted import Plain, joined, plain_line


class TitleBar(Horizontal):
    """One line; what it shows is not ours, so it goes through `untrusted`."""

    DEFAULT_CSS = """
    TitleBar {
        height: 1;
        background: $panel;
        padding: 0 1;
        Plain { width: auto; height: 1; }
        #brand { color: $primary; text-style: bold; }
        #title { width: 1fr; color: $foreground 75%; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
        #model { color: $secondary; max-width: 50%; text-wrap: nowrap; text-overflow: ellipsis; }
        #title:hover, #model:hover { background: $primary 30%; }
    }
    """

    @dataclass
    class Chosen(Message):
        """A part was clicked: "title" or "model"."""

        part: str

    def compose(self) -> ComposeResult:
        """Brand, title, model."""
        yield Plain("✦ wizard", id="brand")
        yield Plain("", id="title")
        yield Plain("", id="model")

    @on(Plain.Clicked)
    def _choose(self, event: Plain.Clicked) -> None:
        event.stop()
        if event.plain.id in ("title", "model"):
            self.post_message(self.Chosen(event.plain.id))

    def show_title(self, title: str) -> None:
        """Name the conversation."""
        self.query_one("#title", Plain).show(plain_line(f"· {title}" if title else ""))

    def show_model(self, name: str, device: str = "") -> None:
        """Name the model and what it runs on."""
        device_part = f" · {visible_line(device)}" if device else ""
        self.query_one("#model", Plain).show(joined(plain_line(name), (device_part, "$foreground 55%"), " ▾"))
