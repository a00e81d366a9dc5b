"""Two small dialogs: a line to type, and a yes or no where only yes means yes."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from assistant.ground.visible import visible_line
from assistant.tui.drawing.untrusted import Plain, joined, plain_line
from assistant.tui.keymap import named
from assistant.tui.screens.dialog import Dialog
from assistant.tui.widgets.line_input import LineInput


class AskLine(Dialog[str]):
    """Asks for a line of text."""

    def __init__(self, title: str, value: str = "") -> None:
        super().__init__()
        self._title = title
        self._value = visible_line(value)

    def compose(self) -> ComposeResult:
        """One line."""
        with Vertical(id="box") as box:
            box.border_title = self._title
            box.border_subtitle = "Enter takes it · Esc leaves it"
            yield LineInput(self._value)

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(visible_line(event.value).strip() or None)


class Confirm(Dialog[bool]):
    """Asks a yes/no question; Enter is no."""

    BINDINGS: ClassVar[list[BindingType]] = named(
        "dialog",
        [
            Binding("y", "answer(True)", "Yes", id="dialog.yes"),
            Binding("n,enter", "answer(False)", "No", id="dialog.no"),
        ],
    )

    def __init__(self, question: str, subject: str) -> None:
        super().__init__()
        self._question = question
        self._subject = subject

    def compose(self) -> ComposeResult:
        """The question, what it is about, and the two answers, each a click as well."""
        with Vertical(id="box") as box:
            box.border_title = self._question
            yield Plain(plain_line(self._subject))
            yield Plain(joined((" y ", "$background on $error"), " Yes"), id="yes")
            yield Plain(joined((" n ", "$background on $primary"), " No"), id="no")

    @on(Plain.Clicked, "#yes")
    def _yes(self) -> None:
        self.dismiss(True)

    @on(Plain.Clicked, "#no")
    def _no(self) -> None:
        self.dismiss(None)

    def action_answer(self, answer: bool) -> None:
        """A key answered."""
        self.dismiss(answer or None)
