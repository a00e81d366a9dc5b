"""The model picker: what is on this machine, what can be fetched, what of it fits, and how far a download is.

It answers with the model to use or to fetch; models are deleted and downloads stopped here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from assistant.config import Config
from assistant.errors import AssistantError
from assistant.ground.files import human_bytes
from assistant.models.adapters import Adapter, adapters
from assistant.models.catalogue import CatalogueModel, best_for, catalogue, fits
from assistant.models.library import InstalledModel, installed_models, made_for, remove_model
from assistant.models.machine import Machine, this_machine
from assistant.models.pass_rates import PassRate, pass_rate
from assistant.tui.drawing.untrusted import Plain, joined, plain_line
from assistant.tui.keymap import named
from assistant.tui.screens.ask import Confirm
from assistant.tui.screens.dialog import Dialog
from assistant.tui.widgets.fetch_line import amount_of

if TYPE_CHECKING:
    from assistant.tui.desks.fetching import Fetching

_NAME = 26
_KEYS = "Enter uses or fetches it · d deletes it · Esc closes"
_LOOK_SECONDS = 0.3


@dataclass(frozen=True)
class ModelChoice:
    """The model that the user chose; `fetch` when it is not on this machine yet."""

    name: str
    fetch: bool


class Models(Dialog[ModelChoice]):
    """Answers with the choice."""

    DEFAULT_CSS = """
    Models #about { height: 4; border-top: solid $border; color: $foreground 75%; }
    """

    BINDINGS: ClassVar[list[BindingType]] = named(
        "models",
        [
            Binding("d,delete", "delete", "Delete a model"),
            Binding("x", "stop", "Stop the download"),
        ],
    )

    def __init__(self, config: Config, fetching: Fetching | None = None) -> None:
        super().__init__()
        self._config = config
        self._fetching = fetching
        self._coming = ""
        """The model whose row shows a download."""
        self._installed: dict[str, InstalledModel] = {}
        self._choices: dict[str, ModelChoice] = {}
        self._learned: dict[str, tuple[Adapter, str]] = {}
        """Adapters, with what their models are called."""
        self._about: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        """The list, and a word while it is read."""
        with Vertical(id="box", classes="-tall") as box:
            box.border_title = "Models"
            box.border_subtitle = _KEYS
            yield Plain("reading the models…", id="reading")
            yield OptionList(markup=False)
            yield Plain("", id="about")

    def on_mount(self) -> None:
        """Read what is there, beside the screen."""
        self._read()
        self.set_interval(_LOOK_SECONDS, self._show_download)

    @work(exclusive=True)
    async def _read(self) -> None:
        try:
            installed, machine = await asyncio.to_thread(lambda: (installed_models(self._config), this_machine()))
            learned = await asyncio.to_thread(lambda: [(one, made_for(one, self._config)) for one in adapters()])
            rates = await asyncio.to_thread(lambda: {m.name: pass_rate(m.path) for m in installed if m.header})
        except AssistantError as error:
            self.query_one("#reading", Plain).show(plain_line(error.sentence(), "$error"))
            return
        self._list(installed, machine, rates, learned)

    def _list(
        self,
        installed: Sequence[InstalledModel],
        machine: Machine,
        rates: Mapping[str, PassRate | None],
        learned: Sequence[tuple[Adapter, str]],
    ) -> None:
        self.query_one("#reading").display = False
        options = self.query_one(OptionList)
        options.clear_options()
        here = {model.name.lower() for model in installed}
        best = best_for(machine)
        rows = [Option(joined(("On this machine", "bold $accent")), disabled=True)]
        for model in installed:
            key = f"here:{model.name}"
            if not model.problem:
                self._choices[key] = ModelChoice(model.name, fetch=False)
            self._installed[key] = model
            cannot = f"It cannot be run: {model.problem}. d deletes it. {model.path}" if model.problem else ""
            self._about[key] = cannot or _about_installed(model, machine, rates.get(model.name))
            rows.append(Option(_installed_row(model), id=key))
        rows += self._adapters(learned)
        rows.append(Option(joined("\n", ("To fetch", "bold $accent")), disabled=True))
        for row in catalogue():
            if row.name.lower() not in here:
                key = f"fetch:{row.name}"
                self._choices[key] = ModelChoice(row.name, fetch=True)
                self._about[key] = _about_row(row, machine, row == best)
                rows.append(Option(_catalogue_row(row, machine, row == best), id=key))
        options.add_options(rows)
        options.highlighted = next((1 + i for i, model in enumerate(installed) if model.chosen), 1)
        options.focus()
        self._show_download()

    def _adapters(self, learned: Sequence[tuple[Adapter, str]]) -> list[Option]:
        """The rows of what was learned here, under a line that says so."""
        rows = [Option(joined("\n", ("Learned here", "bold $accent")), disabled=True)] if learned else []
        for one, model in learned:
            key = f"learned:{one.name}"
            self._learned[key] = (one, model)
            made = time.strftime("%Y-%m-%d", time.localtime(one.measured.made))
            use = one.use or one.measured.verdict
            told = f"An adapter for {model or 'a model that is gone'}, made {made}. {one.measured.gain}"
            self._about[key] = f"{told.rstrip()} /learn switches it on and off; d deletes it. {one.path}"
            mark = ("● ", "$success") if one.use == "runs" else ("  ", "")
            figures = f"{human_bytes(one.bytes):>9}  for {model}  {made}  {use}"
            row = joined(mark, plain_line(f"{one.name:<{_NAME}} ", "bold"), plain_line(figures, "$foreground 70%"))
            rows.append(Option(row, id=key))
        return rows

    def _show_download(self) -> None:
        """Draw how far it is in the row of its model; when it has ended, read anew what is here."""
        coming = self._fetching.name if self._fetching is not None else ""
        if self._coming and coming != self._coming:
            self._coming = ""
            self.query_one("#box").border_subtitle = _KEYS
            self._read()
        elif self._fetching is not None and f"fetch:{coming}" in self._choices:
            self._coming = coming
            self.query_one("#box").border_subtitle = f"x stops the download · {_KEYS}"
            far = self._fetching.progress
            amount = amount_of(far.done, far.total, far.seconds_left) if far else amount_of(0, 0, None)
            row = joined(("↓ ", "$accent"), plain_line(f"{coming:<{_NAME}} "), amount)
            self.query_one(OptionList).replace_option_prompt(f"fetch:{coming}", row)
            self._about[f"fetch:{coming}"] = "It is being fetched. x stops that; a later try goes on where it stopped."

    def action_stop(self) -> None:
        """Stop the download."""
        if self._fetching is not None and self._fetching.name:
            self._fetching.stop()
        else:
            self.app.notify("Nothing is being fetched.")

    @on(OptionList.OptionHighlighted)
    def _tell(self, event: OptionList.OptionHighlighted) -> None:
        self.query_one("#about", Plain).show(plain_line(self._about.get(event.option_id or "", "")))

    @work
    async def action_delete(self) -> None:
        """Delete the model at hand, or forget it, after a yes."""
        options = self.query_one(OptionList)
        at = options.highlighted
        key = (options.get_option_at_index(at).id or "") if at is not None else ""
        if key in self._learned:
            await self._delete_adapter(*self._learned[key])
            return
        model = self._installed.get(key)
        if model is None:
            self.app.notify("Only a model on this machine can be deleted.")
            return
        if model.chosen:
            self.app.notify("It runs now; switch to another model first.", severity="warning")
            return
        question = "Forget this model? Its file stays." if model.source == "registered" else "Delete this model's file?"
        if await self.app.push_screen_wait(Confirm(question, f"{model.name}  {model.path}")):
            await self._remove(model.name)

    async def _delete_adapter(self, one: Adapter, model: str) -> None:
        if one.use == "runs":
            self.app.notify(f"{model} runs with it; /learn switches back first.", severity="warning")
        elif await self.app.push_screen_wait(Confirm("Delete this adapter and its report?", f"{one.name}  {one.path}")):
            await self._remove(one.name)

    async def _remove(self, name: str) -> None:
        try:
            self.app.notify(await asyncio.to_thread(remove_model, name, self._config))
        except AssistantError as error:
            self.app.notify(error.sentence(), severity="warning")
        self._read()

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        key = event.option_id or ""
        if self._coming and key == f"fetch:{self._coming}":
            self.app.notify(self._about[key])
        elif key in self._choices:
            self.dismiss(self._choices[key])
        else:
            self.app.notify(self._about.get(key, "It cannot be run."), severity="warning")


def _shown_licence(model: InstalledModel) -> str:
    return f" Licence: {model.header.licence}." if model.header and model.header.licence else ""


def _installed_row(model: InstalledModel) -> Content:
    mark = ("● ", "$success") if model.chosen else ("  ", "")
    name = plain_line(f"{model.name:<{_NAME}} ", "bold")
    if model.header is None or model.problem:
        return joined(mark, name, plain_line(model.problem, "$error"))
    header = model.header
    context = f"{header.context_size // 1024 or 1}k"
    figures = (
        f"{human_bytes(header.bytes):>9}  {context:>5}  {'fills in' if header.fim else '':<9} {header.quantization}"
        f"{'  learned' if model.learned else ''}"
    )
    return joined(mark, name, plain_line(figures, "$foreground 70%"))


def _catalogue_row(row: CatalogueModel, machine: Machine, best: bool) -> Content:
    size = row.size_text.replace("about ", "≈ ")
    figures = f"{size:>9}  {row.context // 1024:>4}k  {'fills in' if row.fim else '':<9} {row.licence.split(' (')[0]}"
    mark = ("★ ", "$accent") if best else ("  ", "") if fits(row.bytes, machine) else ("✖ ", "$error")
    return joined(mark, plain_line(f"{row.name:<{_NAME}} "), plain_line(figures, "$foreground 70%"))


def _about_installed(model: InstalledModel, machine: Machine, rate: PassRate | None) -> str:
    runs = "Runs now. " if model.chosen else "Enter switches to it. "
    if model.header is not None and not fits(model.header.bytes, machine):
        runs += "Too big for this machine's memory: it will be slow. "
    measured = f" It {rate.text}." if rate else ""
    origin = {
        "starter": "The starter: for trying the app.",
        "folder": "From your own folder.",
        "pulled": "Fetched.",
        "registered": "A file of your own.",
    }
    place = "" if model.source == "starter" else f" {model.path}"
    learned = " With what was learned here; /learn switches it off." if model.learned else ""
    return f"{runs}{origin[model.source]}{learned}{measured}{_shown_licence(model)}{place}"


def _about_row(row: CatalogueModel, machine: Machine, best: bool) -> str:
    note = "The best code model for this machine. " if best else ""
    note = note if fits(row.bytes, machine) else "Too big for this machine. "
    return f"{note}Enter fetches it. {row.about} Licence: {row.licence}."
