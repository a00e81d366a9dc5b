"""The model picker: what is on this machine, what can be fetched, what of it fits; Enter uses or fetches it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from assistant.config import Config
from assistant.ground.files import human_bytes
from assistant.models.catalogue import CatalogueModel, best_for, catalogue, fits
from assistant.models.library import InstalledModel, installed_models
from assistant.models.machine import Machine, this_machine
from assistant.tui.screens.dialog import Dialog
from assistant.tui.untrusted import Plain, joined, plain_line


@dataclass(frozen=True)
class ModelChoice:
    """The model that the user chose; `fetch` when it is not on this machine yet."""

    name: str
    fetch: bool


class Models(Dialog[ModelChoice]):
    """Answers with the choice."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self._config = config
        self._choices: dict[str, ModelChoice] = {}

    def compose(self) -> ComposeResult:
        """The list, and a word while it is read."""
        with Vertical(id="box") as box:
            box.border_title = "Models"
            box.border_subtitle = "Enter uses or fetches it · Esc closes"
            yield Plain("reading the models…", id="reading")
            yield OptionList(markup=False)

    def on_mount(self) -> None:
        """Read what is there, beside the screen."""
        self._read()

    @work
    async def _read(self) -> None:
        installed, machine = await asyncio.to_thread(lambda: (installed_models(self._config), this_machine()))
        self.query_one("#reading").display = False
        options = self.query_one(OptionList)
        here = {model.name.lower() for model in installed}
        best = best_for(machine)
        rows = [Option(joined(("On this machine", "bold $accent")), disabled=True)]
        for model in installed:
            key = f"here:{model.name}"
            self._choices[key] = ModelChoice(model.name, fetch=False)
            rows.append(Option(_installed_row(model, machine), id=key, disabled=bool(model.problem)))
        rows.append(Option(joined("\n", ("To fetch", "bold $accent")), disabled=True))
        for row in catalogue():
            if row.name.lower() not in here:
                key = f"fetch:{row.name}"
                self._choices[key] = ModelChoice(row.name, fetch=True)
                rows.append(Option(_catalogue_row(row, machine, row == best), id=key))
        options.add_options(rows)
        options.highlighted = next((1 + i for i, model in enumerate(installed) if model.chosen), 1)
        options.focus()

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._choices.get(event.option_id or ""))


def _installed_row(model: InstalledModel, machine: Machine) -> Content:
    mark = ("● ", "$success") if model.chosen else ("  ", "")
    name = plain_line(f"{model.name:<28} ", "bold" if model.chosen else "")
    if model.header is None or model.problem:
        return joined(mark, name, plain_line(model.problem, "$error"))
    header = model.header
    figures = (
        f"{human_bytes(header.bytes):>9}  {header.context_size // 1024 or 1:>4}k context  {header.quantization:<7}"
    )
    fim = "  fills in the middle" if header.fim else ""
    return joined(mark, name, plain_line(figures, "$foreground 65%"), (fim, "$secondary"), _fit(header.bytes, machine))


def _catalogue_row(row: CatalogueModel, machine: Machine, best: bool) -> Content:
    figures = f"{row.size_text:>14}  {row.context // 1024:>4}k context  {row.licence:<12}"
    words = ("  ★ best for this machine", "$accent") if best else ("", "")
    return joined(
        "  ", plain_line(f"{row.name:<28} "), plain_line(figures, "$foreground 65%"), words, _fit(row.bytes, machine)
    )


def _fit(size: int, machine: Machine) -> Content:
    return Content("") if fits(size, machine) else joined(("  too big for this machine", "$error"))
