"""A change from the wish to the undo, in the app: accept one of two hunks, reject the other, write, take back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from assistant.tui.panels.tests import TestsPanel
from assistant.tui.screens.review import ReviewScreen
from assistant.tui.widgets.hunk_editor import HunkEditor
from assistant.tui.widgets.hunk_view import HunkView
from assistant.tui.widgets.output_log import OutputLog
from tests.assistant.tui.test_app import Session, _text_of_screen, running
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


async def _reviewing(session: Session, wish: str = "/edit numbers.py multiply by ten") -> ReviewScreen:
    session.chat.prompt.put(wish)
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


async def test_a_hunk_is_rewritten_in_place_judged_anew_and_written(file: Path) -> None:
    async with running(file.parent, ScriptedEngine([AFTER])) as session:
        screen = await _reviewing(session)
        await session.pilot.press("e")
        await session.until(lambda: screen.query(HunkEditor))
        screen.query_one(HunkEditor).text = "    return (11"
        await session.pilot.press("ctrl+s")
        await session.until(lambda: not screen.query(HunkEditor))
        assert "it breaks the syntax" in screen.query_one("#fault").visual.plain  # type: ignore[attr-defined]
        await session.pilot.press("e")
        await session.until(lambda: screen.query(HunkEditor))
        screen.query_one(HunkEditor).text = "    return 11\n\n"
        await session.pilot.press("ctrl+s")
        await session.until(lambda: not screen.query_one("#fault").display)
        await session.pilot.press("e")
        await session.until(lambda: screen.query(HunkEditor))
        await session.pilot.press("x", "escape")
        await session.until(lambda: not screen.query(HunkEditor))
        await session.pilot.press("enter")
        await session.until(lambda: "1 of 2 hunks" in session.shown())
        assert file.read_text() == BEFORE.replace("return 1\n", "return 11\n\n\n")
        await session.pilot.press("f8")
        await session.until(lambda: file.read_text() == BEFORE)


async def test_what_is_accepted_is_written_and_the_rest_asked_again(file: Path) -> None:
    engine = ScriptedEngine([AFTER, BEFORE.replace("return 1", "return 10").replace("return 3", "return 33")])
    async with running(file.parent, engine) as session:
        screen = await _reviewing(session)
        await session.pilot.press("a", "r", "m")
        await session.until(lambda: session.app.screen is not screen and session.app.screen.query(HunkView))
        assert file.read_text() == BEFORE.replace("return 1", "return 10")
        assert "return 30" in "".join(message.content for message in engine.last_messages())
        await session.pilot.press("A", "enter")
        await session.until(lambda: "return 33" in file.read_text())


async def test_files_of_one_turn_are_reviewed_together_and_undone_together(file: Path) -> None:
    other = file.with_name("more.py")
    other.write_text("def four():\n    return 4\n")
    engine = ScriptedEngine([AFTER, "def four():\n    return 40\n"])
    async with running(file.parent, engine) as session:
        screen = await _reviewing(session, "/edit numbers.py,more.py multiply by ten")
        assert len(screen.query(HunkView)) == 3
        await session.pilot.press("right_square_bracket")
        assert "hunk 3 of 3 · file 2 of 2" in screen.query_one("#count").visual.plain  # type: ignore[attr-defined]
        await session.pilot.press("A", "enter")
        await session.until(lambda: "Written to numbers.py, more.py: 3 of 3 hunks" in session.shown())
        assert "40" in other.read_text()
        await session.pilot.press("f8")
        await session.until(lambda: "return 4\n" in other.read_text() and file.read_text() == BEFORE)


async def test_the_result_is_tested_in_the_sandbox_before_it_is_written(file: Path) -> None:
    for folder in (file.parent, *file.parent.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    command = "python3 -c 'import numbers_, sys; print(\"one is\", numbers_.one()); sys.exit(numbers_.one() != 10)'"
    file = file.rename(file.with_name("numbers_.py"))
    async with running(file.parent, ScriptedEngine([AFTER]), test_command=command) as session:
        screen = await _reviewing(session, "/edit numbers_.py multiply by ten")
        await session.pilot.press("a", "t")
        await session.until(lambda: "tests passed" in screen.query_one("#count").visual.plain, 30)  # type: ignore[attr-defined]
        assert "one is 10" in "\n".join(screen.query_one(OutputLog).lines)
        await session.pilot.press("p", "r", "a", "t")
        await session.until(lambda: "tests failed" in screen.query_one("#count").visual.plain, 30)  # type: ignore[attr-defined]
        assert "one is 1\n" in "\n".join(screen.query_one(OutputLog).lines) + "\n"
        assert file.read_text() == BEFORE


async def test_the_keys_of_the_tree_select_in_the_hunks_of_either_side(file: Path) -> None:
    async with running(file.parent, ScriptedEngine([AFTER]), size=(120, 40)) as session:
        screen = await _reviewing(session)
        first, second = screen.query(HunkView)
        await session.pilot.press("alt+o")
        assert first.selected_text == "return"
        await session.pilot.press("alt+o")
        assert first.selected_text == "return 10"
        assert "new: return_statement · one · line 2" in first.visual.plain  # type: ignore[attr-defined]
        await session.pilot.press("alt+c")
        assert first.selected_text == "10"
        await session.pilot.press("alt+u", "alt+d")
        assert first.selected_text == "def one():\n    return 10"
        await session.pilot.press("alt+n")
        assert first.selected_text.startswith("def two")
        await session.pilot.press("alt+p", "alt+a")
        assert first.selected_text.startswith("def one")
        assert first.selected_text.endswith("return 3"), "a side has no other hunk in it"
        await session.pilot.press("o", "alt+o")
        assert first.selected_text == "return 1"
        await session.pilot.press("s", "n", "alt+o", "alt+i", "alt+o", "alt+o")
        assert second.selected_text == "return 30"
        assert any("on $primary" in str(span.style) for span in second.visual.spans)  # type: ignore[attr-defined]
        await session.pilot.press("ctrl+c")
        assert "Copied what is selected" in session.toasts()
        await session.pilot.press("a", "enter")
        await session.until(lambda: file.read_text() == BEFORE.replace("return 3", "return 30"))


async def test_keys_of_the_tree_say_so_where_there_is_no_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words.xyz").write_text("one\ntwo\n")
    async with running(tmp_path, ScriptedEngine(["one\nthree\n"])) as session:
        await _reviewing(session, "/edit words.xyz count on")
        await session.pilot.press("alt+o")
        assert "no tree" in session.toasts()


async def test_escape_closes_the_tests_first_and_loses_what_was_accepted_after_a_yes_only(file: Path) -> None:
    async with running(file.parent, ScriptedEngine([AFTER])) as session:
        screen = await _reviewing(session)
        panel = screen.query_one(TestsPanel)
        await session.pilot.press("a", "t")
        await session.until(lambda: panel.display and "no test command" in "\n".join(_text_of_screen(session.app)))
        told = " ".join("\n".join(_text_of_screen(session.app)).split())
        assert "there is no pytest" in told and 'Try: test_command = "pytest -q" in the settings' in told
        await session.pilot.press("escape")
        await session.until(lambda: not panel.display)
        assert session.app.screen is screen
        await session.pilot.press("escape")
        await session.until(lambda: "Leave without writing?" in "\n".join(_text_of_screen(session.app)))
        assert "The hunk that you accepted will not be written." in "\n".join(_text_of_screen(session.app))
        await session.pilot.press("n")
        await session.until(lambda: session.app.screen is screen)
        await session.pilot.press("escape")
        await session.until(lambda: session.app.screen is not screen)
        await session.pilot.press("y")
        await session.until(lambda: len(session.app.screen_stack) == 1)
        await session.until(lambda: "Nothing was written" in session.shown())
        assert file.read_text() == BEFORE
