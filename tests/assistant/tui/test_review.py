"""A change from the wish to the undo, in the app: accept one of two hunks, reject the other, write, take back."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.tui.screens.review import ReviewScreen
from assistant.tui.widgets.hunk_view import HunkView
from tests.assistant.tui.test_app import Session, running
from tests.fakes.scripted_engine import ScriptedEngine

BEFORE = "def one():\n    return 1\n\n\ndef two():\n    return 2\n\n\ndef three():\n    return 3\n"
AFTER = BEFORE.replace("return 1", "return 10").replace("return 3", "return 30")
BROKEN = BEFORE.replace("return 1", "return (1")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "numbers.py"
    path.write_text(BEFORE)
    return path


async def _reviewing(session: Session) -> ReviewScreen:
    session.chat.prompt.put("/edit numbers.py multiply by ten")
    await session.pilot.press("enter")
    await session.until(lambda: isinstance(session.app.screen, ReviewScreen) and session.app.screen.query(HunkView))
    screen = session.app.screen
    assert isinstance(screen, ReviewScreen)
    await session.pilot.pause(0.2)
    return screen


async def test_one_of_two_hunks_is_written_and_taken_back(file: Path) -> None:
    async with running(file.parent, ScriptedEngine([AFTER])) as session:
        screen = await _reviewing(session)
        assert len(screen.query(HunkView)) == 2
        await session.pilot.press("r", "a", "enter")
        await session.until(lambda: len(session.app.screen_stack) == 1)
        await session.until(lambda: "Written to numbers.py: 1 of 2 hunks" in session.shown())
        assert file.read_text() == BEFORE.replace("return 3", "return 30")
        await session.pilot.press("f8")
        await session.until(lambda: file.read_text() == BEFORE)
        await session.until(lambda: "Taken back" in session.shown())
        session.chat.prompt.put("/redo")
        await session.pilot.press("enter")
        await session.until(lambda: "return 30" in file.read_text())


async def test_leaving_the_review_writes_nothing_and_rejections_reach_the_model(file: Path) -> None:
    engine = ScriptedEngine([AFTER])
    async with running(file.parent, engine) as session:
        await _reviewing(session)
        await session.pilot.press("c")
        await session.until(lambda: len(session.app.screen_stack) == 3)
        await session.type("too big")
        await session.pilot.press("enter")
        await session.until(lambda: len(session.app.screen_stack) == 2)
        await session.pilot.press("escape")
        await session.until(lambda: len(session.app.screen_stack) == 1)
        assert file.read_text() == BEFORE
        await _reviewing(session)
        prompt = "".join(message.content for message in engine.last_messages())
        assert "too big" in prompt
        assert "return 10" in prompt


async def test_enter_without_an_accepted_hunk_writes_nothing(file: Path) -> None:
    async with running(file.parent, ScriptedEngine([AFTER])) as session:
        await _reviewing(session)
        await session.pilot.press("enter")
        await session.pilot.pause(0.2)
        assert isinstance(session.app.screen, ReviewScreen)
        assert file.read_text() == BEFORE


async def test_what_would_break_the_syntax_is_written_after_a_yes_only(file: Path) -> None:
    async with running(file.parent, ScriptedEngine([BROKEN])) as session:
        await _reviewing(session)
        await session.pilot.press("A", "enter")
        await session.until(lambda: len(session.app.screen_stack) == 3)
        await session.pilot.press("n")
        await session.until(lambda: len(session.app.screen_stack) == 2)
        assert file.read_text() == BEFORE
        await session.pilot.press("enter")
        await session.until(lambda: len(session.app.screen_stack) == 3)
        await session.pilot.press("y")
        await session.until(lambda: file.read_text() == BROKEN)


async def test_a_file_changed_meanwhile_is_not_overwritten(file: Path) -> None:
    async with running(file.parent, ScriptedEngine([AFTER])) as session:
        await _reviewing(session)
        file.write_text("mine\n")
        await session.pilot.press("A", "enter")
        await session.until(lambda: "nothing was written" in session.shown().lower())
        assert file.read_text() == "mine\n"


async def test_hostile_text_of_a_file_is_shown_not_interpreted(file: Path) -> None:
    from tests.assistant.tui.test_app import _text_of_screen
    from tests.fakes.payloads import raw_controls

    file.write_text('a = "\x1b]52;c;UFdORUQ=\x07"\nb = "[@click=app.quit]x[/]"\n')
    async with running(file.parent, ScriptedEngine(['a = "\x1b[2J"\nb = "[/]"\n'])) as session:
        await _reviewing(session)
        await session.pilot.press("s")
        await session.pilot.pause(0.2)
        text = "\n".join(_text_of_screen(session.app))
        assert "␛]52" in text
        assert raw_controls(text) == []


async def test_a_missing_file_is_a_sentence(file: Path) -> None:
    async with running(file.parent, ScriptedEngine()) as session:
        session.chat.prompt.put("/edit nowhere.py do it")
        await session.pilot.press("enter")
        await session.until(lambda: "There is no file nowhere.py" in session.shown())
