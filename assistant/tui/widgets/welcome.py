"""What an empty conversation shows: where one is, what can be asked, and on the first run which model is worth having."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from assistant.tui.untrusted import Plain, joined, plain_line

_LOGO = """\
       ✦
      ╱ ╲        w i z a r d
     ╱ · ╲       your own coding assistant,
   ━━━━━━━━━     on your own machine"""

_SHORT = 26
"""Rows of a terminal on which the logo is left out."""

_KEYS: tuple[tuple[str, str], ...] = (
    ("/", "commands"),
    ("@", "files"),
    ("F1", "keys"),
)


class Welcome(Vertical):
    """The card of an empty conversation.

    Args:
        folder: the folder that the app was opened in.
    """

    DEFAULT_CSS = """
    Welcome {
        height: auto;
        width: 78;
        max-width: 100%;
        padding: 1 1 0 1;
        & > Plain { width: 100%; height: auto; margin: 0 0 1 0; }
        & > #logo { color: $primary; }
        & > #where { color: $foreground 60%; }
        & > #first-run {
            padding: 0 1;
            border-left: outer $accent;
            background: $accent 8%;
            display: none;
            &.-shown { display: block; }
        }
    }
    """

    @dataclass
    class FetchWanted(Message):
        """The notice was clicked."""

    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder

    def compose(self) -> ComposeResult:
        """Logo, folder, first-run notice, keys; the logo gives way on a short terminal."""
        logo = Plain(_LOGO, id="logo")
        logo.display = self.app.size.height > _SHORT
        yield logo
        yield Plain(joined("in ", plain_line(self._folder)), id="where")
        yield Plain("", id="first-run")
        keys = [joined((f" {key} ", "$primary on $panel"), f" {what}   ") for key, what in _KEYS]
        yield Plain(joined("Type a question below.   ", *keys), id="keys")

    def show_logo(self, shown: bool) -> None:
        """The logo gives way where there is little room."""
        for logo in self.query("#logo"):
            logo.display = shown

    def show_first_run(self, text: str, offer: str, offline: str) -> None:
        """Show the notice: what runs now, what one key fetches, and what to do without internet."""
        notice = self.query_one("#first-run", Plain)
        lines = [joined(text)]
        if offer:
            lines.append(joined((" Ctrl+G ", "$background on $accent"), f" {offer}"))
        lines.append(joined((offline, "$foreground 60%")))
        notice.show(joined(*[part for line in lines for part in (line, "\n\n")][:-1]))
        notice.add_class("-shown")

    @on(Plain.Clicked, "#first-run")
    def _fetch(self) -> None:
        self.post_message(self.FetchWanted())
