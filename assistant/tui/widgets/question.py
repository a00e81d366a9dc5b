"""What the user asked, as an entry of the conversation; a very long one shows its beginning."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from assistant.tui.drawing.untrusted import Plain
from assistant.tui.keymap import named
from assistant.tui.messages import ResendWanted

_LINES = 40
_CHARACTERS = 6000


class Question(Plain, can_focus=True):
    """The user's words.

    Args:
        message: the stored message, 0 for what is none.
    """

    DEFAULT_CSS = """
    Question {
        height: auto;
        padding: 0 1;
        margin: 0 0 1 0;
        background: $primary 12%;
        border-left: outer $primary;
        color: $foreground;
        &:focus { border-left: outer $accent; background: $primary 24%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = named(
        "question", [Binding("e,enter", "edit", "Change this question and ask it again, in a branch")]
    )

    def __init__(self, text: str, message: int = 0) -> None:
        super().__init__(_beginning(text.strip("\n")))
        self._text = text
        self._message = message

    def action_edit(self) -> None:
        """Ask for the text to go back into the prompt."""
        if self._message:
            self.post_message(ResendWanted(self._message, self._text))


def _beginning(text: str) -> str:
    lines = text[:_CHARACTERS].split("\n")[:_LINES]
    shown = "\n".join(lines)
    more = text.count("\n") - shown.count("\n")
    if len(shown) == len(text):
        return text
    return (
        f"{shown}\n… and {more:,} more lines" if more else f"{shown} … and {len(text) - len(shown):,} more characters"
    )
