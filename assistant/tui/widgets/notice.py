"""A remark of the app's own between the turns: a failure and its way out, something left out, where a file lies."""

from __future__ import annotations

from typing import Literal

from assistant.tui.drawing.untrusted import Plain, joined

Tone = Literal["info", "warning", "error"]

_MARKS = {"info": "ℹ", "warning": "▲", "error": "✖"}


class Notice(Plain):
    """A sentence, and below it what helps."""

    DEFAULT_CSS = """
    Notice {
        height: auto;
        padding: 0 1;
        margin: 0 0 1 0;
        border-left: outer $secondary;
        background: $secondary 8%;
        &.-warning { border-left: outer $warning; background: $warning 8%; }
        &.-error { border-left: outer $error; background: $error 10%; }
    }
    """

    def __init__(self, text: str, hint: str = "", tone: Tone = "info") -> None:
        colour = {"info": "$secondary", "warning": "$warning", "error": "$error"}[tone]
        words = joined((f"{_MARKS[tone]} ", colour), text[:1].upper() + text[1:])
        super().__init__(joined(words, "\n", (f"  {hint}", "$foreground 65%")) if hint else words, classes=f"-{tone}")
