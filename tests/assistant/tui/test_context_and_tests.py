"""Slash commands about context and tests, in the app: pins, the panel of parts, the project's tests, mending, branches."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from textual.widgets import OptionList

from assistant.session.records import SessionSummary
from assistant.tui.panels.context import ContextPanel
from assistant.tui.panels.tests import TestsPanel
from assistant.tui.screens.conversations import as_families
from assistant.tui.screens.review import ReviewScreen
from assistant.tui.widgets.hunk_view import HunkView
from assistant.tui.widgets.output_log import OutputLog
from assistant.tui.widgets.question import Question
from tests.assistant.tui.test_app import Session, running
from tests.fakes.scripted_engine import ScriptedEngine


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a fault and a test that finds it, readable for the sandbox's user."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "calc.py").write_text("def add(a, b):\n    return a - b\n")
    (folder / "test_calc.py").write_text(
        "from calc import add\n\nassert add(1, 2) == 3, 'test_calc.py:3 is wrong'\nprint('all right')\n"
    )
    for place in (folder, *folder.parents):
        if place.stat().st_uid == os.geteuid() and place != Path("/"):
            place.chmod(place.stat().st_mode | 0o055)
    return folder


async def _say(session: Session, words: str) -> None:
    session.chat.prompt.focus()
    session.chat.prompt.put(words)
    await session.pilot.press("enter")
    await session.pilot.pause()


async def test_a_pinned_file_is_shown_in_the_context_and_taken_out_there(folder: Path) -> None:
    engine = ScriptedEngine(["fine"])
    async with running(folder, engine) as session:
        await _say(session, "/add nowhere.py")
        await session.until(lambda: "nowhere.py" in session.toasts())
        await _say(session, "/add calc.py")
        await session.until(lambda: "In every prompt from now on: calc.py" in session.shown())
        (folder / "soon_gone.py").write_text("x = 1\n")
        await _say(session, "/add soon_gone.py")
        await session.until(lambda: "In every prompt from now on: soon_gone.py" in session.shown())
        (folder / "soon_gone.py").unlink()
        await session.ask("what?")
        assert "soon_gone.py is pinned and is not there any more" in session.toasts()
        assert "return a - b" in engine.last_messages()[0].content
        await _say(session, "/context")
        await session.until(lambda: session.chat.query(ContextPanel))
        parts = session.chat.query_one(ContextPanel).query_one(OptionList)
        rows = [str(parts.get_option_at_index(n).prompt) for n in range(parts.option_count)]
        at = next(n for n, row in enumerate(rows) if "calc.py" in row)
        parts.highlighted = at
        await session.pilot.press("d")
        await session.until(lambda: "Not in the next prompts: calc.py" in session.toasts())
        await session.pilot.press("escape")
        await session.until(lambda: not session.chat.query(ContextPanel))
        await session.ask("and now?")
        assert "return a - b" not in engine.last_messages()[0].content
        await _say(session, "/clear")
        await session.until(lambda: "The context begins anew here" in session.shown())
        await session.ask("anew")
        assert len([m for m in engine.last_messages() if m.role == "user"]) == 1


async def test_tests_run_in_a_panel_and_what_fails_is_mended_by_a_reviewed_change(folder: Path) -> None:
    engine = ScriptedEngine(["    return a + b\n```"])
    async with running(folder, engine, test_command="python3 test_calc.py") as session:
        await _say(session, "/mend")
        await session.until(lambda: "/test runs the tests first" in session.toasts())
        await _say(session, "/test")
        await session.until(lambda: session.chat.query(TestsPanel) and session.chat.query_one(TestsPanel).ended, 40)
        panel = session.chat.query_one(TestsPanel)
        assert "test_calc.py:3 is wrong" in "\n".join(panel.query_one(OutputLog).lines)
        assert engine.requests == []
        panel.query_one(OutputLog).focus()
        await session.pilot.press("m")
        await session.until(lambda: isinstance(session.app.screen, ReviewScreen) and session.app.screen.query(HunkView))
        assert "test_calc.py:3 is wrong" in "".join(message.content for message in engine.last_messages())
        assert "a - b" in (folder / "calc.py").read_text()
        await session.pilot.press("a", "enter")
        await session.until(lambda: "The tests pass now" in session.shown(), 40)
        assert "a + b" in (folder / "calc.py").read_text()
        assert "all right" in "\n".join(panel.query_one(OutputLog).lines)


async def test_a_mending_that_is_rejected_ends(folder: Path) -> None:
    engine = ScriptedEngine(["    return 0\n```"])
    async with running(folder, engine, test_command="python3 test_calc.py") as session:
        await _say(session, "/test")
        await session.until(lambda: session.chat.query(TestsPanel) and session.chat.query_one(TestsPanel).ended, 40)
        await _say(session, "/mend calc.py")
        await session.until(lambda: isinstance(session.app.screen, ReviewScreen) and session.app.screen.query(HunkView))
        await session.pilot.press("r", "escape")
        await session.until(lambda: "Nothing was written" in session.shown())
        assert "a - b" in (folder / "calc.py").read_text()
        assert len(engine.requests) == 1


async def test_a_mending_is_stopped_by_escape_while_the_model_writes(folder: Path) -> None:
    engine = ScriptedEngine(["    x = 0\n" * 400], seconds_per_token=0.5)
    async with running(folder, engine, test_command="python3 test_calc.py") as session:
        await _say(session, "/test")
        await session.until(lambda: session.chat.query(TestsPanel) and session.chat.query_one(TestsPanel).ended, 40)
        await _say(session, "/mend calc.py")
        await session.until(lambda: session.chat.status.status.doing == "writing", 40)
        session.chat.prompt.focus()
        await session.until(lambda: session.chat.prompt.has_focus)
        await session.pilot.press("escape")
        await session.until(lambda: engine.cancelled == 1 and not session.desk.busy, 40)
        assert session.app.screen is session.chat
        assert "a - b" in (folder / "calc.py").read_text()


async def test_an_earlier_question_is_changed_and_asked_again_in_a_branch(folder: Path) -> None:
    engine = ScriptedEngine(["first reply", "second reply", "other reply"])
    async with running(folder, engine) as session:
        await session.ask("one")
        await session.ask("two")
        await session.pilot.press("ctrl+up")
        assert isinstance(session.app.focused, Question)
        await session.pilot.press("e")
        await session.until(lambda: session.chat.prompt.text == "two")
        await session.ask(" changed")
        await session.until(lambda: "other reply" in session.shown())
        assert "second reply" not in session.shown()
        assert [m.content for m in engine.last_messages() if m.role == "user"] == ["one", "two changed"]
        await session.until(lambda: "branch 2 of 2" in session.chat.title_bar.query_one("#title").visual.plain)  # type: ignore[attr-defined]
        assert session.app.workplace is not None
        texts = [m.text for m in session.app.workplace.store.messages(1)]
        assert texts == ["one", "first reply", "two", "second reply"]


async def test_the_map_is_shown(folder: Path) -> None:
    async with running(folder, ScriptedEngine()) as session:
        await _say(session, "/map")
        await session.until(lambda: len(session.app.screen_stack) == 2)
        assert "def add(a, b)" in session.app.screen.query("Plain").first().visual.plain  # type: ignore[attr-defined]


async def test_conversations_that_cannot_be_read_are_a_sentence_and_the_app_goes_on(folder: Path) -> None:
    async with running(folder, ScriptedEngine(["fine"])) as session:
        await session.ask("one")
        assert session.app.workplace is not None
        connection = session.app.workplace.store._connection
        connection.execute("ALTER TABLE messages RENAME TO hidden")
        await session.pilot.press("f3")
        await session.until(lambda: "cannot be read from disk" in session.toasts())
        connection.execute("ALTER TABLE hidden RENAME TO messages")
        await session.pilot.press("escape")
        await session.ask("two")


def test_branches_stand_below_what_they_were_forked_from() -> None:
    rows = [
        SessionSummary(i, f"t{i}", "/", 0.0, 1, parent=p)
        for i, p in ((9, 4), (7, None), (5, 2), (4, 2), (2, None), (1, 99))
    ]
    shown = [(row.id, depth) for row, depth in as_families(rows)]
    assert shown == [(2, 0), (4, 1), (9, 2), (5, 1), (7, 0), (1, 0)]
