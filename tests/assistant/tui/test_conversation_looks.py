"""How reviews, the tests' panel, the context's panel and branches look, as pictures that a person has accepted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import TextArea

from assistant.config import Config
from assistant.session.project_tests import TestOutput, TestsBegun, TestsEnded, TestStep
from assistant.tui.app import WizardApp
from tests.assistant.tui.test_looks import _chat, _opened, _settled
from tests.fakes.scripted_engine import ScriptedEngine

BEFORE = "def area(r):\n    return 3 * r * r\n\n\ndef round_to(x):\n    return int(x)\n"
AFTER = "import math\n\n\n" + BEFORE.replace("3 *", "math.pi *").replace("int(x)", "round(x)")
FAILURE = "F.\n    def test_area():\n>       assert area(1) == 3.14\nE       assert 3 == 3.14\n\ntest_shapes.py:4: AssertionError\n1 failed, 1 passed in 0.02s\n"

SnapCompare = Callable[..., bool]


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WizardApp:
    """The app on a small project whose tests take no time, so that pictures of them are the same each time."""
    monkeypatch.setattr("assistant.session.workplace.first_run", lambda config: None)
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "shapes.py").write_text(BEFORE)

    async def tests(*_: object) -> AsyncIterator[TestStep]:
        yield TestsBegun("pytest -q", "pyproject.toml")
        yield TestOutput(FAILURE)
        yield TestsEnded(False, "exit code 1", FAILURE, 0.4)

    monkeypatch.setattr("assistant.session.workplace.run_tests", tests)
    return WizardApp(folder, Config(), ScriptedEngine([AFTER]))


async def _until(what: Callable[[], object]) -> None:
    for _ in range(1500):
        if what():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen in time")


def _reviewing(*keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def run(pilot: Pilot[None]) -> None:
        await _opened(pilot)
        _chat(pilot).prompt.put("/edit shapes.py use the real pi, and round")
        await pilot.press("enter")
        await _until(lambda: pilot.app.screen.query("HunkView"))
        for key in keys:
            await pilot.press(key)
            await _settled(pilot)
            for box in pilot.app.screen.query(TextArea):
                box.cursor_blink = False
        await _settled(pilot)

    return run


def test_a_review_side_by_side_with_failed_tests(app: WizardApp, snap_compare: SnapCompare) -> None:
    app.theme = "wizard-light"
    assert snap_compare(app, run_before=_reviewing("a", "r", "s", "t"), terminal_size=(110, 40))


def test_a_hunk_being_rewritten_on_a_small_terminal(app: WizardApp, snap_compare: SnapCompare) -> None:
    assert snap_compare(app, run_before=_reviewing("n", "e"), terminal_size=(80, 24))


def test_the_context_and_a_branch(app: WizardApp, snap_compare: SnapCompare) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await _opened(pilot)
        chat = _chat(pilot)
        assert chat.desk is not None
        chat.desk.pin("shapes.py::area")
        chat.desk.ask("What does round_to do? @shapes.py::round_to")
        await _until(lambda: chat.desk and not chat.desk.busy and chat.query("Question"))
        chat.desk.fork_conversation()
        await _settled(pilot)
        chat.desk.ask("And with negative numbers?")
        await _until(lambda: chat.desk and not chat.desk.busy and len(chat.query("Question")) == 2)
        chat.desk.show_context()
        pilot.app.clear_notifications()
        await _settled(pilot)

    assert snap_compare(app, run_before=run, terminal_size=(140, 40))


def test_the_tests_of_a_project_have_failed(app: WizardApp, snap_compare: SnapCompare) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await _opened(pilot)
        chat = _chat(pilot)
        assert chat.desk is not None
        await chat.hide_welcome()
        chat.desk.run_tests()
        await _until(lambda: chat.query("TestsPanel") and chat.query_one("TestsPanel").ended)  # type: ignore[attr-defined]
        await _settled(pilot)

    assert snap_compare(app, run_before=run, terminal_size=(80, 24))
