"""The settings: each with its value, where that comes from, and its help; Enter changes it, Delete goes back to the default.

Drawn from the settings class, so a new setting needs nothing here. A change is checked and written to the settings file
at once; what it does to the running app is the opener's.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from assistant.config import Config
from assistant.config.describe import Setting, describe_settings
from assistant.config.save import save_setting
from assistant.errors import AssistantError
from assistant.ground.paths import config_file
from assistant.tui.drawing.untrusted import Plain, joined, plain_line
from assistant.tui.keymap import named
from assistant.tui.screens.dialog import Dialog

_NAME = 16
_VALUE = 24

Applied = Callable[[str, Any], bool]
"""Told the name and value of a saved setting; answers whether it counts from now on, not only at the next start."""


class Settings(Dialog[None]):
    """The list.

    Args:
        running: the settings that the app runs with.
        themes: the names of colours that there are.
        applied: makes a saved setting count.
    """

    DEFAULT_CSS = """
    Settings #about { height: auto; min-height: 4; border-top: solid $border; color: $foreground 80%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = named(
        "settings",
        [
            Binding("delete,backspace", "reset", "Back to the default", show=False),
            Binding("right,space", "turn(1)", "The next choice", show=False),
            Binding("left", "turn(-1)", "The choice before", show=False),
        ],
    )

    def __init__(self, running: Config, themes: tuple[str, ...], applied: Applied) -> None:
        super().__init__()
        self._config = running
        self._themes = themes
        self._applied = applied
        self._rows: tuple[Setting, ...] = ()

    def compose(self) -> ComposeResult:
        """The list, and below it what the setting at hand is about."""
        with Vertical(id="box", classes="-tall") as box:
            box.border_title = "Settings"
            box.border_subtitle = "Enter changes · Delete takes the default · Esc closes"
            yield OptionList(markup=False)
            yield Plain("", id="about")

    def on_mount(self) -> None:
        """Show them."""
        self._show()
        self.query_one(OptionList).focus()

    def _show(self) -> None:
        options = self.query_one(OptionList)
        at = options.highlighted or 0
        try:
            self._rows = describe_settings(self._config)
        except AssistantError as error:
            self._rows = ()
            self.query_one("#about", Plain).show(plain_line(error.sentence(), "$error"))
        options.clear_options()
        options.add_options([Option(_row(row), id=row.name) for row in self._rows])
        if self._rows:
            options.highlighted = min(at, len(self._rows) - 1)

    @property
    def _at(self) -> Setting | None:
        at = self.query_one(OptionList).highlighted
        return self._rows[at] if at is not None and at < len(self._rows) else None

    @on(OptionList.OptionHighlighted)
    def _tell(self) -> None:
        if (row := self._at) is not None:
            self.query_one("#about", Plain).show(_about(row))

    def _choices(self, row: Setting) -> tuple[str, ...]:
        return self._themes if row.name == "theme" else row.choices

    @on(OptionList.OptionSelected)
    def _change(self) -> None:
        row = self._at
        if row is None:
            return
        if row.kind == "table":
            self.app.notify(f"Keys stand in {config_file()}, in the table [keys]; F1 lists the actions.")
        elif row.choices:
            self.action_turn(1)
        else:
            self._ask(row)

    @work
    async def _ask(self, row: Setting) -> None:
        saved = await self.app.push_screen_wait(EditSetting(row, self._choices(row)))
        if saved is not None:
            self._saved(row, saved[0])

    def action_turn(self, step: int) -> None:
        """Take the next of a few choices."""
        row = self._at
        if row is None or not (choices := self._choices(row)):
            return
        at = choices.index(row.value) if row.value in choices else 0
        self._save(row, choices[(at + step) % len(choices)])

    def action_reset(self) -> None:
        """Take the setting out of the file."""
        if (row := self._at) is not None and row.kind != "table":
            self._save(row, None)

    def _save(self, row: Setting, value: object) -> None:
        try:
            self._saved(row, save_setting(row.name, value))
        except AssistantError as error:
            self.app.notify(error.sentence(), severity="error")

    def _saved(self, row: Setting, value: Any) -> None:
        if os.environ.get(row.variable):
            self.app.notify(f"Saved, but {row.variable} of the environment goes before it.", severity="warning")
        elif self._applied(row.name, value):
            self._config = _with(self._config, row.name, value)
        self._show()


class EditSetting(Dialog[tuple[Any]]):
    """Asks for one value until it is a right one, and saves it; answers with it, in a tuple."""

    def __init__(self, setting: Setting, known: tuple[str, ...]) -> None:
        super().__init__()
        self._setting = setting
        self._known = known

    def compose(self) -> ComposeResult:
        """Help, the line, and what is wrong with it."""
        from textual.suggester import SuggestFromList

        with Vertical(id="box") as box:
            box.border_title = self._setting.name
            box.border_subtitle = "Enter saves it · Esc leaves it"
            yield Plain(plain_line(self._setting.help))
            suggester = SuggestFromList(self._known) if self._known else None
            yield Input(str(self._setting.value), suggester=suggester)
            yield Plain(plain_line(self._expects(), "$foreground 60%"), id="wrong")

    def _expects(self) -> str:
        return f"One of {', '.join(self._known)}" if self._known else f"It takes {self._setting.expects}."

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        event.stop()
        text = event.value.strip()
        if self._known and text not in self._known:
            self.query_one("#wrong", Plain).show(plain_line(f"There is no {text}. {self._expects()}", "$error"))
            return
        try:
            self.dismiss((save_setting(self._setting.name, text),))
        except AssistantError as error:
            self.query_one("#wrong", Plain).show(plain_line(error.sentence(), "$error"))


def _with(config: Config, name: str, value: Any) -> Config:
    import dataclasses

    return dataclasses.replace(config, **{name: value})


def _row(row: Setting) -> Content:
    own = row.source != "default"
    source = {"default": "", "file": "yours", "environment": row.variable}[row.source]
    name = plain_line(f"{row.name:<{_NAME}} ", "bold" if own else "")
    value = plain_line(f"{_shown(row.value):<{_VALUE}} ", "$accent" if own else "$foreground 80%")
    return joined(name, value, plain_line(source, "$foreground 60%"))


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return f"{len(value)} areas changed" if value else "as they come"
    text = str(value)
    return (text if len(text) <= _VALUE else f"{text[: _VALUE - 1]}…") or "–"


def _about(row: Setting) -> Content:
    origin = {
        "default": "It is the default.",
        "file": f"Set in {config_file()}; the default is {_shown(row.default)}.",
        "environment": f"Set by {row.variable} in the environment, which goes before the file.",
    }[row.source]
    takes = f"Takes {row.expects}. " if row.kind != "table" else ""
    now = ""
    if row.running != row.value:
        now = f"This run still has {_shown(row.running)}; the change counts from the next start.\n"
    return joined(plain_line(row.help), "\n", (now, "$accent"), plain_line(takes + origin))
