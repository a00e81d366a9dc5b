"""A model that is being fetched while one goes on working: how far it is, and its end, wanted or not.

The bytes are a child process's business; this follows its progress for whoever shows it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from textual.worker import Worker

from assistant.errors import AssistantError
from assistant.session.fetching import Fetched, FetchProgress, fetch_model

if TYPE_CHECKING:
    from assistant.tui.screens.workbench import Workbench

Arrived = Callable[[Fetched], Awaitable[None]]


class Fetching:
    """One download at a time.

    Args:
        arrived: called when a model is here.
    """

    def __init__(self, screen: Workbench, arrived: Arrived) -> None:
        self._screen = screen
        self._arrived = arrived
        self._worker: Worker[None] | None = None
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
        self._worker = self._screen.run_worker(self._follow(name), group="fetch")

    def stop(self) -> None:
        """End the download; what has come stays for a later try."""
        if self._worker is not None and self.name:
            self._worker.cancel()
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
