"""Where the text of a file would be, had it been opened: what could not be done, why, and what helps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Center, Middle
from textual.content import Content
from textual.message import Message

from assistant.errors import AssistantError
from assistant.tui.drawing.untrusted import Plain, joined
from assistant.tui.keymap import named


class Refusal(Middle, can_focus=True):
    """It stays until the file can be opened or its tab is closed."""

    DEFAULT_CSS = """
    Refusal {
        background: $background;
        & Plain {
            width: auto;
            max-width: 90%;
            padding: 0 2;
            border-left: outer $error;
            background: $error 10%;
        }
        &:focus Plain { background: $error 16%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = named(
        "refusal", [Binding("enter,r", "try_again", "Try again to open the file", show=False)]
    )

    @dataclass
    class TriedAgain(Message):
        """The file is to be tried once more."""

        refusal: Refusal

    def __init__(self, error: AssistantError) -> None:
        super().__init__()
        self._error = error

    def compose(self) -> ComposeResult:
        """The sentence, and below it what helps."""
        yield Center(Plain(_words(self._error)))

    def show(self, error: AssistantError) -> None:
        """It was tried again, and this is why it cannot be now."""
        self._error = error
        self.query_one(Plain).show(_words(error))

    def action_try_again(self) -> None:
        """Ask for another try."""
        self.post_message(self.TriedAgain(self))


def _words(error: AssistantError) -> Content:
    what = error.what[:1].upper() + error.what[1:]
    lines = [joined(("✖ ", "$error"), f"{what}: {error.why}." if error.why else f"{what}.")]
    if error.hint:
        lines.append(joined(f"  {error.hint}"))
    lines.append(joined(("  Enter tries again · Ctrl+W closes this", "$foreground 65%")))
    return joined("\n").join(lines)
