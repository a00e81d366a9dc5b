"""Running the project's tests from the app, and having the model mend what they find: bounded rounds, each a review.

A round is one proposed change; it is written only as the review says, and then the tests run again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from assistant.errors import AssistantError
from assistant.session.mending import ROUNDS, target_of, wish_for
from assistant.session.project_tests import TestsEnded
from assistant.session.workplace import Workplace
from assistant.tui.desks.one_at_a_time import OneAtATime
from assistant.tui.panels.tests import TestsPanel
from assistant.tui.widgets.output_log import OutputLog

if TYPE_CHECKING:
    from assistant.tui.screens.workbench import Workbench

Change = Callable[[str, str], Awaitable[bool]]
"""Proposes a change of a file for a wish and reviews it; whether something was written."""


class RepairDesk(OneAtATime):
    """One run of the tests at a time.

    Args:
        change: how a change is proposed and reviewed.
    """

    def __init__(self, screen: Workbench, place: Workplace, change: Change) -> None:
        super().__init__(screen, "tests")
        self._place = place
        self._change = change
        self._ended: TestsEnded | None = None
        self.mending = False
        """Whether the model is at work here, or what it proposed is tried."""

    def wanted(self, what: str) -> None:
        """What a key of the panel asks for."""
        if what == "again":
            self.test()
        elif what == "mend":
            self.mend("")
        else:
            self.stop()
            self._screen.run_worker(self._close(), group="panel")

    def test(self) -> None:
        """Run the tests."""
        if not self.busy:
            self.begin_work(self._test())

    def mend(self, target: str) -> None:
        """Let the model mend what the last run found."""
        if self.busy:
            self._screen.notify("The tests are still running: Esc in their panel ends them.")
        elif self._ended is None or self._ended.passed:
            self._screen.notify("There is nothing to mend: /test runs the tests first.")
        else:
            self.begin_work(self._mended(target))

    async def _test(self) -> None:
        panel = await self._panel()
        panel.query_one(OutputLog).focus()
        self._ended = await panel.follow(self._place.run_tests())

    async def _mended(self, target: str) -> None:
        self.mending = True
        try:
            await self._mend(target)
        finally:
            self.mending = False

    async def _mend(self, target: str) -> None:
        await self._screen.hide_welcome()
        for number in range(1, ROUNDS + 1):
            ended = self._ended
            if ended is None or ended.passed:
                break
            try:
                file = target or await asyncio.to_thread(target_of, self._place.edits.root, ended.output)
            except AssistantError as error:
                self._screen.notify(error.sentence(), severity="warning")
                return
            await self._screen.remark(
                f"Mending {file}, round {number} of {ROUNDS}: what the tests say goes to the model."
            )
            if not await self._change(file, wish_for("the project's tests", ended.output)):
                return
            await self._test()
        passed = self._ended is not None and self._ended.passed
        if passed:
            await self._screen.remark("The tests pass now.", "F8 or /undo takes the last change back")
        else:
            await self._screen.remark(f"The tests still fail after {ROUNDS} rounds.", "/mend FILE goes on", "warning")

    async def _panel(self) -> TestsPanel:
        found = self._screen.query(TestsPanel)
        if found:
            return found.first()
        panel = TestsPanel()
        await self._screen.conversation.mount(panel, before=self._screen.composer)
        return panel

    async def _close(self) -> None:
        await self._screen.query(TestsPanel).remove()
        self._screen.prompt.focus()
