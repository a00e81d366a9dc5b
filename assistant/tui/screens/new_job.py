"""Starting a job: which command, then its main fields; what is wrong in them is said before anything runs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from assistant.errors import AssistantError
from assistant.jobs.control import start
from assistant.jobs.forms import FORMS, Field, Form, command_of
from assistant.jobs.job import Job
from assistant.tui.drawing.untrusted import Plain, joined, plain_line
from assistant.tui.keymap import named
from assistant.tui.screens.dialog import Dialog

_NAME = 24


class ChooseJob(Dialog[Form]):
    """Which command; answers with its form."""

    DEFAULT_CSS = "ChooseJob #box OptionList { height: auto; max-height: 16; }"

    def compose(self) -> ComposeResult:
        """One row a form."""
        with Vertical(id="box") as box:
            box.border_title = "New job"
            box.border_subtitle = "Enter takes it · Esc closes"
            yield OptionList(*(Option(self._row(form)) for form in FORMS), markup=False)

    @staticmethod
    def _row(form: Form) -> Content:
        return joined((f"{form.title:<{_NAME}}", "bold $primary"), (form.about, "$foreground 75%"))

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(FORMS[event.option_index])


class FillIn(Dialog[Job]):
    """The fields of one command; answers with the job that was started.

    Args:
        folder: where it is to run, and what paths are relative to.
    """

    DEFAULT_CSS = """
    FillIn #fields { height: auto; max-height: 20; }
    FillIn .label { margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = named(
        "fields",
        [
            Binding("down", "app.focus_next", "Next field", show=False, id="fields.next"),
            Binding("up", "app.focus_previous", "Field before", show=False, id="fields.previous"),
            Binding("ctrl+s", "go", "Start", priority=True),
        ],
    )

    def __init__(self, form: Form, folder: Path, filled: dict[str, str] | None = None) -> None:
        super().__init__()
        self._form = form
        self._folder = folder
        self._filled = filled or {}

    def compose(self) -> ComposeResult:
        """A line for each field."""
        with Vertical(id="box") as box:
            box.border_title = self._form.program
            box.border_subtitle = "Enter goes on, from the last field it starts · Ctrl+S starts · Esc leaves"
            yield Plain(plain_line(f"{self._form.about} It runs in {self._folder}.", "$foreground 75%"))
            with VerticalScroll(id="fields", can_focus=False):
                for field in self._form.fields:
                    yield Plain(_label(field), classes="label")
                    yield Input(self._filled.get(field.label, field.value), classes="field")
            yield Plain("", id="wrong")

    @on(Input.Submitted)
    def _next(self, event: Input.Submitted) -> None:
        event.stop()
        inputs = list(self.query(".field"))
        at = inputs.index(event.input)
        if at + 1 < len(inputs):
            inputs[at + 1].focus()
        else:
            self.action_go()

    @work(exclusive=True)
    async def action_go(self) -> None:
        """Start it, if all fields are right."""
        values = [box.value for box in self.query(Input)]
        filled = {field.label: value for field, value in zip(self._form.fields, values, strict=True)}
        try:
            command = command_of(self._form, filled, self._folder)
            self.dismiss(await asyncio.to_thread(start, self._form.program, command, self._folder))
        except AssistantError as error:
            self.query_one("#wrong", Plain).show(plain_line(error.sentence(), "$error"))


def _label(field: Field) -> Content:
    choices = f" ({' '.join(field.choices)})" if field.choices else " (yes or no)" if field.kind == "yes or no" else ""
    need = ("  needed", "$accent") if field.needed and not field.value else ""
    return joined((field.label, "bold"), plain_line(f"  {field.help}{choices}", "$foreground 60%"), need)
