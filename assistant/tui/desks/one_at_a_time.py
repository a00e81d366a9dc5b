"""Work of which only one piece is under way at a time, and which can be ended before it is done."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from textual.worker import Worker

if TYPE_CHECKING:
    from assistant.tui.screens.workbench import Workbench


class OneAtATime:
    """For a desk to stand on.

    Args:
        screen: whose worker does the work.
        group: what the worker is called.
    """

    def __init__(self, screen: Workbench, group: str) -> None:
        self._screen = screen
        self._group = group
        self._worker: Worker[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether the work is under way."""
        return self._worker is not None and self._worker.is_running

    def begin_work(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it; who calls has made sure that nothing is under way."""
        self._worker = self._screen.run_worker(work, group=self._group)

    def stop(self) -> None:
        """End it where it stands."""
        if self._worker is not None:
            self._worker.cancel()
