"""A model that is being fetched while one goes on working: how far it is, and its end, wanted or not.

The bytes are a child process's business; this follows its progress for whoever shows it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from assistant.errors import AssistantError
from assistant.session.fetching import Fetched, FetchProgress, fetch_model
from assistant.tui.desks.one_at_a_time import OneAtATime

if TYPE_CHECKING:
    from assistant.tui.screens.workbench import Workbench

Arrived = Callable[[Fetched], Awaitable[None]]


class Fetching(OneAtATime):
    """One download at a time.

    Args:
        arrived: called when a model is here.
    """

    def __init__(self, screen: Workbench, arrived: Arrived) -> None:
        super().__init__(screen, "fetch")
        self._arrived = arrived
        self.name = ""
        """What is being fetched; "" for nothing."""
        self.progress: FetchProgress | None = None
        """How far it is; None before the first word of it."""

    def begin(self, name: str) -> None:
        """Fetch a model, unless another one is still coming."""
        if self.name:
            self._screen.notify(f"{self.name} is still being fetched. F2 shows it, and x stops it there.")
            return
        self.name, self.progress = name, None
        self.begin_work(self._follow(name))

    def stop(self) -> None:
        """End the download; what has come stays for a later try."""
        if self.name:
            super().stop()
            self._screen.notify(f"Not fetching {self.name} any more; a later try goes on where it stopped.")

    async def _follow(self, name: str) -> None:
        line = self._screen.conversation.fetch_line
        line.show_progress(name, 0, 0, None)
        try:
            async for step in fetch_model(name):
                if isinstance(step, FetchProgress):
                    self.progress = step
                    doing = name if step.stage.startswith("fetching") else f"{name}: {step.stage}"
                    line.show_progress(doing, step.done, step.total, step.seconds_left)
                else:
                    await self._arrived(step)
        except AssistantError as error:
            why = f": {error.why}" if error.why else ""
            await self._screen.hide_welcome()
            await self._screen.remark(f"{error.what}{why}.", error.hint, "error")
        finally:
            self.name, self.progress = "", None
            line.hide()
