"""A line to type; what is pasted or put there becomes visible characters before it is drawn."""

from __future__ import annotations

from textual.widgets import Input

from assistant.ground.visible import visible_line


class LineInput(Input):
    """Textual's input draws its value as it is, escape sequences and all; here there are none in it."""

    def validate_value(self, value: str) -> str:
        """Every value, typed, pasted or set."""
        return visible_line(value)
