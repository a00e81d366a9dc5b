"""The panel of the project's tests: the command, its output as it comes, how it ended, and what may be done about it.

It shows a run and asks for another; running and mending are the desk's.
"""

from __future__ import annotations

import textwrap
import time
from collections.abc import AsyncIterator
from typing import ClassVar, assert_never

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from assistant.errors import AssistantError
from assistant.session.project_tests import TestOutput, TestsBegun, TestsEnded, TestStep
from assistant.tui.drawing.untrusted import Plain, joined, plain_line
from assistant.tui.keymap import named
from assistant.tui.messages import TestsWanted
from assistant.tui.widgets.output_log import OutputLog


class TestsPanel(Vertical):
    """One run at a time.

    Args:
        hint: what the keys do here, shown when a run has ended badly.
    """

    __test__ = False

    DEFAULT_CSS = """
    TestsPanel {
        height: 14;
        max-height: 50%;
        border-top: solid $border;
        background: $surface;
        & > #tests-title { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = named(
        "tests",
        [
            Binding("r", "again", "Run the tests again"),
            Binding("m", "mend", "Let the model mend what failed"),
            Binding("q,escape", "close", "Close the panel"),
        ],
    )

    def __init__(self, hint: str = "r again · m lets the model mend it · Esc closes", id: str | None = None) -> None:
        super().__init__(id=id)
        self._hint = hint
        self._command = ""
        self._began = 0.0
        self.ended: TestsEnded | None = None

    def compose(self) -> ComposeResult:
        """Title and output."""
        yield Plain("", id="tests-title")
        yield OutputLog()

    async def follow(self, steps: AsyncIterator[TestStep]) -> TestsEnded | None:
        """Show a run until its end; None where it could not be run, which is said here."""
        self.ended = ended = None
        self._began = time.monotonic()
        self._title(("▶ ", "$accent"), "looking for the test command", "")
        log = self.query_one(OutputLog)
        log.begin()
        try:
            async for step in steps:
                self._show(step)
                ended = step if isinstance(step, TestsEnded) else None
        except AssistantError as error:
            # In the title the end of it, which is what helps, would be cut on a narrow terminal.
            self._title(("✖ ", "$error"), error.what, "")
            for line in (error.why, f"Try: {error.hint}" if error.hint else ""):
                log.feed("".join(f"{part}\n" for part in textwrap.wrap(line, max(20, self.size.width - 2))))
        log.finish()
        self.ended = ended
        return ended

    def _show(self, step: TestStep) -> None:
        match step:
            case TestsBegun(command=command, found_in=found_in):
                self._command = command
                self._title(("▶ ", "$accent"), f"{command}  ({found_in}) in the sandbox …", "")
            case TestOutput(text=text):
                self.query_one(OutputLog).feed(text)
            case TestsEnded(passed=passed, why=why, seconds=seconds):
                sign = ("✔ ", "$success") if passed else ("✖ ", "$error")
                words = "passed" if passed else f"failed: {why}"
                self._title(sign, f"{self._command}  {words} after {seconds:.1f} s", "" if passed else self._hint)
            case _:
                assert_never(step)

    def _title(self, sign: tuple[str, str], words: str, hint: str) -> None:
        title = joined(("tests  ", "bold $primary"), sign, plain_line(words), (f"   {hint}", "$foreground 60%"))
        self.query_one("#tests-title", Plain).show(title)

    def action_again(self) -> None:
        """Ask for another run."""
        self.post_message(TestsWanted("again"))

    def action_mend(self) -> None:
        """Ask for the model to mend what failed."""
        self.post_message(TestsWanted("mend"))

    def action_close(self) -> None:
        """Ask to be closed."""
        self.post_message(TestsWanted("close"))
