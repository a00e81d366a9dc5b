"""Textual's text area with a name on each of its keys, so that they can be rebound; all our places to type stand on it."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import TextArea

from assistant.tui.keymap import named

_ELSEWHERE = {"select_line": "none", "select_all": "ctrl+shift+a,super+a"}
"""F6 and F7, which these have in Textual, go to panels here."""


class TextBox(TextArea, inherit_bindings=False):
    """A text area; what it is for is its subclass's."""

    BINDINGS: ClassVar[list[BindingType]] = named(
        "text",
        [
            dataclasses.replace(b, key=_ELSEWHERE.get(b.action, b.key))
            for b in TextArea.BINDINGS
            if isinstance(b, Binding)
        ],
    )
