"""Textual's text area with a name on each of its keys, so that they can be rebound; what all our places to type stand on."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.widgets import TextArea

from assistant.tui.keymap import named


class TextBox(TextArea):
    """A text area; what it is for is its subclass's."""

    BINDINGS: ClassVar[list[BindingType]] = named("text", TextArea.BINDINGS)
