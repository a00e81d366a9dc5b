"""Textual's text area with a name on each of its keys, so that they can be rebound; all our places to type stand on it."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from textual import events
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

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        """A letter held with Alt is a key, not text."""
        return not key.startswith("alt+") and super().check_consume_key(key, character)

    async def _on_key(self, event: events.Key) -> None:
        if event.key.startswith("alt+"):
            # Terminals send the letter along with it, and Textual would type it.
            event.prevent_default()
            return
        await super()._on_key(event)
