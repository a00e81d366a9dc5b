"""Several selections in the editor: typed into, moved, cut and pasted together, and taken back in one step each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from assistant.config import Config
from assistant.session.files.large_file import LargeFile
from assistant.syntax.languages import language_named
from assistant.tui.screens.code_panes import CodePanes
from assistant.tui.widgets.code_editor import CodeEditor
from assistant.tui.widgets.hunk_view import HunkView
from tests.assistant.tui.test_app import _text_of_screen, running
from tests.fakes.scripted_engine import ScriptedEngine

CODE = "def area(wide, high, deep=1):\n    one(wide)\n    two(high)\n\n\ndef other():\n    pass\n"


class _Bench(App[None]):
    config = Config()

    def __init__(self, text: str = CODE) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        yield CodeEditor(self._text, language_named("python"))


@asynccontextmanager
async def _editing(row: int, column: int, text: str = CODE) -> AsyncIterator[tuple[CodeEditor, Pilot[None]]]:
    app = _Bench(text)
    async with app.run_test(size=(70, 20)) as pilot:
        editor = app.query_one(CodeEditor)
        editor.focus()
        editor.go_to((row, column))
        await pilot.pause()
        yield editor, pilot


def _first_line(editor: CodeEditor) -> str:
    return editor.text.partition("\n")[0]


async def test_all_siblings_are_typed_into_and_each_key_is_one_step_back() -> None:
    async with _editing(0, 10) as (editor, pilot):
        await pilot.press("alt+a")
        assert editor.selected_texts() == ("wide", "high", "deep=1")
        assert editor.selected_words() == "3 selections of 14 characters"
        await pilot.press("x", "enter")
        assert editor.text.startswith("def area(x\n, x\n, x\n):")
        await pilot.press("ctrl+z")
        assert _first_line(editor) == "def area(x, x, x):"
        assert editor.selected_words() == "3 cursors"
        await pilot.press("ctrl+z")
        assert editor.text == CODE
        assert editor.selected_texts() == ("wide", "high", "deep=1"), "what was selected is so again"
        await pilot.press("ctrl+y", "y", "backspace", "backspace")
        assert _first_line(editor) == "def area(, , ):"


async def test_one_change_at_all_is_one_parse(monkeypatch: pytest.MonkeyPatch) -> None:
    from assistant.syntax.document import Document

    many = "\n".join(f"name{i} = {i}" for i in range(40))
    parses: list[int] = []
    parse = Document._parse
    monkeypatch.setattr(Document, "_parse", lambda *args, **given: parses.append(1) or parse(*args, **given))
    async with _editing(3, 0, many) as (editor, pilot):
        await pilot.press("alt+o", "alt+o", "alt+a")
        assert len(editor.many.every) == 40
        await pilot.pause(0.2)
        parses.clear()
        editor.type_in("x")
        assert editor.parsed.quick_tree is not None
        assert len(parses) == 1
        assert editor.parsed.text == editor.text == "\n".join(["x"] * 40)


async def test_simple_moves_move_all_and_meeting_cursors_are_one() -> None:
    async with _editing(0, 10) as (editor, pilot):
        await pilot.press("alt+a", "right", "left", "shift+left", "shift+left")
        assert editor.selected_texts() == ("id", "ig", "p=")
        await pilot.press("down")
        assert {place.end for place in (editor.selection, *editor.further)} == {(1, 10), (1, 13)}, "two met at its end"
        await pilot.press("home")
        assert editor.further == ()
        assert editor.cursor_location[0] == 1


async def test_esc_and_a_click_and_a_jump_go_on_with_the_main_selection_alone() -> None:
    async with _editing(0, 10) as (editor, pilot):
        await pilot.press("alt+a", "escape")
        assert editor.further == ()
        assert editor.selected_text == "wide"
        await pilot.press("alt+a")
        await pilot.click(CodeEditor, offset=(4 + 9, 0))
        assert editor.further == ()
        await pilot.press("alt+a", "ctrl+end", "x")
        assert editor.text == CODE + "x"
        editor.go_to((0, 10))
        await pilot.press("alt+a")
        editor.replace_all(CODE.replace("pass", "return"))
        assert editor.further == (), "what another program wrote"
        await pilot.press("z")
        assert editor.text.count("z") == 1


async def test_what_is_cut_from_several_is_pasted_to_as_many_each_its_own() -> None:
    async with _editing(1, 5) as (editor, pilot):
        await pilot.press("alt+o", "alt+o", "alt+a", "ctrl+x")
        assert pilot.app.clipboard == "one(wide)\ntwo(high)"
        assert "    \n    \n" in editor.text
        await pilot.press("ctrl+v")
        assert editor.text == CODE
        editor.go_to((0, 10))
        await pilot.press("alt+a")
        editor.post_message(events.Paste("a\r\nb\r\nc"))
        await pilot.pause()
        assert _first_line(editor) == "def area(a, b, c):"
        await pilot.press("ctrl+z")
        editor.post_message(events.Paste("same"))
        await pilot.pause()
        assert _first_line(editor) == "def area(same, same, same):"


async def test_functions_of_several_lines_are_copied_and_come_back_whole() -> None:
    async with _editing(0, 0) as (editor, pilot):
        await pilot.press("alt+d", "alt+a")
        functions = editor.selected_texts()
        editor.action_copy()
        await pilot.press("backspace", "ctrl+v")
        assert len(functions) == 2
        assert editor.text == CODE


async def test_the_next_places_with_the_same_text_are_added_one_by_one() -> None:
    async with _editing(0, 11) as (editor, pilot):
        await pilot.press("alt+s")
        assert editor.selected_text == "wide"
        await pilot.press("alt+s", "alt+s", "w")
        assert editor.text == CODE.replace("wide", "w")


async def test_lines_of_all_selections_are_indented_and_back() -> None:
    async with _editing(0, 0) as (editor, pilot):
        await pilot.press("alt+d", "alt+a", "tab")
        assert editor.text == "".join(f"    {line}" if line.strip() else line for line in CODE.splitlines(True))
        await pilot.press("shift+tab")
        assert editor.text == CODE
        await pilot.press("ctrl+z", "ctrl+z")
        assert editor.text == CODE


async def test_selections_that_are_siblings_change_round() -> None:
    async with _editing(0, 10) as (editor, pilot):
        await pilot.press("alt+a", "alt+shift+right")
        assert _first_line(editor) == "def area(deep=1, wide, high):"
        await pilot.press("ctrl+z")
        assert editor.text == CODE


async def test_nothing_is_suggested_while_there_are_several_cursors() -> None:
    async with _editing(0, 10) as (editor, pilot):
        await pilot.press("alt+a", "x")
        editor.show_ghost("words")
        assert editor.ghost == ""
        await pilot.press("tab")
        assert _first_line(editor) == "def area(x  , x   , x    ):", "each as if it were alone"


async def test_folds_between_the_cursors_stay_closed() -> None:
    text = "a = 1\ndef f():\n    return a\n\nb = a\n"
    async with _editing(0, 0, text) as (editor, pilot):
        editor.view.fold(1, 2)
        await pilot.press("alt+o", "alt+o", "alt+a", "left", "x")
        assert editor.text == "xa = 1\nxdef f():\n    return a\n\nxb = a\n"
        assert editor.view.folds == {1: 2}
        await pilot.press("ctrl+z")
        assert editor.view.folds == {1: 2}


async def test_in_vim_typing_goes_to_all_and_a_command_to_the_main_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Bench, "config", Config(keymap="vim"))
    async with _editing(0, 10) as (editor, pilot):
        await pilot.press("i", "alt+a", "x")
        assert _first_line(editor) == "def area(x, x, x):"
        await pilot.press("escape")
        assert editor.further == ()
        await pilot.press("alt+a", "x")
        assert editor.further == ()


async def test_a_text_that_is_first_seen_at_a_far_column_is_seen_from_its_beginning() -> None:
    async with _editing(0, 0) as (editor, pilot):
        editor.display = False
        other = CodeEditor(CODE, None)
        other.display = False
        await pilot.app.mount(other)
        other.go_to((1, 13))
        other.display = True
        await pilot.pause()
        assert other.size.width > 30
        assert other.scroll_offset.x == 0


async def test_several_selections_are_told_in_the_review_and_in_its_panes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = "def area(wide, high):\n    return 1\n"
    (tmp_path / "shop.py").write_text(before)
    async with running(tmp_path, ScriptedEngine([before.replace("1", "wide * high")]), size=(120, 40)) as session:
        await session.pilot.press(*"/edit", "space", *"shop.py", "space", *"go", "enter")
        await session.until(lambda: bool(session.app.screen.query(HunkView)))
        hunk = session.app.screen.query(HunkView).first()
        await session.until(lambda: hunk.has_focus)
        await session.pilot.press("alt+o", "alt+u", "alt+c", "alt+c", "alt+a")
        assert hunk.selected_text == "wide\nhigh"
        assert "new: 2 selections · identifier · area · line 2" in "\n".join(_text_of_screen(session.app))
        await session.pilot.press("v")
        await session.until(lambda: isinstance(session.app.screen, CodePanes))
        panes = session.app.screen
        assert isinstance(panes, CodePanes)
        panes.areas[1].go_to((0, 10))
        await session.pilot.press("alt+a")
        assert panes.areas[1].selected_texts() == ("wide", "high")
        await session.until(lambda: "2 selections of 8 characters" in "\n".join(_text_of_screen(session.app)))
        await session.pilot.press("escape")
        assert session.app.screen is panes
        assert panes.areas[1].further == ()
        await session.pilot.press("escape")
        await session.until(lambda: session.app.screen is not panes)


async def test_a_large_file_keeps_the_cursor_where_it_is_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "large.txt").write_text("one two\n" * 10)
    lines = LargeFile(tmp_path / "large.txt").lines
    app = _Bench()
    async with app.run_test(size=(70, 20), notifications=True) as pilot:
        area = CodeEditor(lines, None)
        area.read_only = True
        await app.mount(area)
        area.focus()
        area.move_cursor((3, 2))
        for key in ("alt+a", "alt+o", "alt+d", "alt+s"):
            await pilot.press(key)
            assert area.cursor_location == (3, 2), key
        assert "too large" in next(iter(app._notifications)).message
