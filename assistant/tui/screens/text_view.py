"""A text to be read and closed again: the outline of the folder, say."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from assistant.ground.visible import visible_line
from assistant.tui.drawing.untrusted import Plain
from assistant.tui.screens.dialog import Dialog


class TextView(Dialog[None]):
    """A title and a text, which is untrusted."""

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = visible_line(title)
        self._text = text

    def compose(self) -> ComposeResult:
        """The text, to be scrolled."""
        with VerticalScroll(id="box") as box:
            box.border_title = self._title
            box.border_subtitle = "arrows scroll · Esc closes"
            yield Plain(self._text)
