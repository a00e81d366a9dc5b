"""What the user asked, as an entry of the conversation; a very long one shows its beginning."""

from __future__ import annotations

from assistant.tui.untrusted import Plain

_LINES = 40
_CHARACTERS = 6000


class Question(Plain):
    """The user's words."""

    DEFAULT_CSS = """
    Question {
        height: auto;
        padding: 0 1;
        margin: 0 0 1 0;
        background: $primary 12%;
        border-left: outer $primary;
        color: $foreground;
    }
    """

    def __init__(self, text: str) -> None:
        super().__init__(_beginning(text.strip("\n")))


def _beginning(text: str) -> str:
    lines = text[:_CHARACTERS].split("\n")[:_LINES]
    shown = "\n".join(lines)
    more = text.count("\n") - shown.count("\n")
    if len(shown) == len(text):
        return text
    return (
        f"{shown}\n… and {more:,} more lines" if more else f"{shown} … and {len(text) - len(shown):,} more characters"
    )
