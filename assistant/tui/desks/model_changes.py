"""Switching and fetching models from the app: the picker, the download's progress, the first-run notice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from assistant.errors import AssistantError
from assistant.models.first_run import FirstRun, put_first_run_away
from assistant.session.fetching import Fetched
from assistant.session.workplace import Workplace
from assistant.tui.desks.fetching import Fetching
from assistant.tui.screens.models import ModelChoice, Models

if TYPE_CHECKING:
    from assistant.tui.screens.workbench import Workbench


class ModelChanges:
    """One at a time.

    Args:
        load: loads the model that the session is to run, on screen.
    """

    def __init__(self, screen: Workbench, place: Workplace, load: Callable[[], None]) -> None:
        self._screen = screen
        self._place = place
        self._load = load
        self._first_run: FirstRun | None = None
        self._fetching = Fetching(screen, self._fetched)

    async def begin(self) -> None:
        """Find out whether this is a first run, and say so."""
        self._first_run = await asyncio.to_thread(self._place.first_run)
        self.show_first_run()

    def show_first_run(self) -> None:
        """Put the notice on the welcome card, where both are there."""
        if self._first_run is not None and (card := self._screen.welcome) is not None:
            best = self._first_run.recommended
            offer = f"fetches {best.name} ({best.size_text})" if best else ""
            card.show_first_run(self._first_run.text, offer, self._first_run.offline)

    def choose(self, name: str) -> None:
        """Switch to the model of that name, or with "" open the picker."""
        if name:
            self._screen.run_worker(self._use(name), group="model")
        else:
            self._screen.app.push_screen(Models(self._place.config, self._fetching), self._chosen)

    def _chosen(self, choice: ModelChoice | None) -> None:
        if choice is not None and choice.fetch:
            self._fetching.begin(choice.name)
        elif choice is not None:
            self.choose(choice.name)

    def fetch_recommended(self) -> None:
        """Fetch the model that the notice names."""
        if self._first_run is not None and self._first_run.recommended is not None:
            self._fetching.begin(self._first_run.recommended.name)
        else:
            self._screen.notify("F2 lists the models that can be fetched.")

    async def _use(self, name: str) -> None:
        try:
            chosen = await asyncio.to_thread(self._place.use_model, name)
        except AssistantError as error:
            self._screen.notify(error.sentence(), severity="error")
            return
        self._screen.title_bar.show_model(chosen)
        self._load()

    async def _fetched(self, model: Fetched) -> None:
        put_first_run_away()
        self._first_run = None
        if self._place.session.running:
            self._screen.notify(f"{model.name} is here; /model {model.name} switches to it.")
        else:
            self._screen.notify(f"{model.name} is here.")
            await self._use(model.name)
