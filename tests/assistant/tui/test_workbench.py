"""The workbench: panels that come, go, grow and stay as they were; files found, opened, changed, closed."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

from assistant.editing.edit import Edit
from assistant.tui.panels.buffer import Refused
from assistant.tui.screens.code_panes import CodePanes
from assistant.tui.screens.go_to import GoTo
from assistant.tui.widgets.code_editor import CodeEditor
from assistant.tui.widgets.find_bar import FindBar
from tests.assistant.tui.test_app import Session, _text_of_screen, running
from tests.fakes.scripted_engine import ScriptedEngine

SHOP = "class Cart:\n    def add(self, item):\n        self.items.append(item)\n\n    def total(self, rate=1):\n        return sum(self.items)\n"
BIG = "".join(f"line {n}\n" for n in range(900_000))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.py").write_text(SHOP)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "util.py").write_text("def util():\n    pass\n")
    return tmp_path


async def _open(session: Session, target: str = "shop.py") -> CodeEditor:
    session.chat.open_file(target)
    editor = session.chat.bench.editor
    path = target.partition(":")[0]
    await session.until(
        lambda: editor.buffer is not None and editor.buffer.path == path and editor.buffer.text.has_focus
    )
    await session.pilot.pause(0.2)
    assert editor.text is not None
    return editor.text


def _seen(session: Session) -> set[str]:
    bench = session.chat.bench
    return {name for name in ("files", "outline", "editor", "conversation") if bench.panel(name).region.area}  # type: ignore[arg-type]


async def test_panels_are_toggled_resized_and_as_they_were_in_the_next_run(folder: Path) -> None:
    async with running(folder, ScriptedEngine(), size=(160, 40)) as session:
        await _open(session)
        assert _seen(session) == {"files", "outline", "editor", "conversation"}
        await session.pilot.press("f5")
        assert session.chat.bench.panel_at_hand() == "files"
        width = session.chat.bench.files.region.width
        await session.pilot.press("alt+w", "alt+w")
        await session.pilot.pause(0.1)
        assert session.chat.bench.files.region.width == width + 4
        await session.pilot.press("f6", "f6", "alt+l")
        await session.pilot.pause(0.1)
        assert _seen(session) == {"files", "editor", "conversation"}
        talk = session.chat.bench.conversation.region
        assert talk.y > session.chat.bench.editor.region.y
    async with running(folder, ScriptedEngine(), size=(160, 40)) as session:
        await _open(session)
        assert _seen(session) == {"files", "editor", "conversation"}
        assert session.chat.bench.files.region.width == width + 4
        assert session.chat.bench.conversation.region == talk


async def test_open_files_and_cursors_are_there_again_in_the_next_run_and_what_is_gone_is_named(folder: Path) -> None:
    (folder / "gone.py").write_text("x = 1\n")
    async with running(folder, ScriptedEngine(), size=(120, 30)) as session:
        (await _open(session)).move_cursor((4, 8))
        await _open(session, "gone.py")
        (await _open(session, "src/util.py")).move_cursor((1, 4))
        await session.pilot.press("ctrl+pageup", "ctrl+pageup")
    (folder / "gone.py").unlink()
    async with running(folder, ScriptedEngine(), size=(120, 30)) as session:
        editor = session.chat.bench.editor
        await session.until(lambda: editor.text is not None and editor.text.cursor_location == (4, 8))
        assert [buffer.path for buffer in editor.buffers] == ["shop.py", "src/util.py"]
        assert session.chat.prompt.has_focus, "what is typed at the start is a question"
        assert [page.path for page in editor.pages.all if isinstance(page, Refused)] == ["gone.py"]
        await session.pilot.press("f7", "ctrl+pagedown", "ctrl+pagedown")
        await session.until(lambda: editor.text is not None and editor.text.cursor_location == (1, 4))
        assert len(editor.query("CodeEditor")) == 2


async def test_the_mouse_drags_the_line_between_panels(folder: Path) -> None:
    async with running(folder, ScriptedEngine(), size=(120, 30)) as session:
        line = session.chat.bench.query_one("#split-left").region
        await session.pilot.mouse_down(offset=(line.x, 10))
        await session.pilot.hover(offset=(line.x + 7, 10))
        await session.pilot.mouse_up(offset=(line.x + 7, 10))
        await session.pilot.pause(0.1)
        assert session.chat.bench.query_one("#split-left").region.x == line.x + 7


async def test_a_small_terminal_shows_one_panel_at_a_time(folder: Path) -> None:
    async with running(folder, ScriptedEngine(), size=(80, 24)) as session:
        assert _seen(session) == {"conversation"}
        await session.pilot.press("f5")
        await session.pilot.pause(0.1)
        assert _seen(session) == {"files"}
        await session.pilot.press("down", "enter")
        await session.until(lambda: _seen(session) == {"editor"})
        await session.pilot.press("f6")
        await session.pilot.pause(0.1)
        assert _seen(session) == {"outline"}
        await session.pilot.press("down", "enter")
        await session.until(lambda: _seen(session) == {"editor"})
        await session.pilot.press("escape")
        await session.until(lambda: _seen(session) == {"conversation"})
        assert session.chat.prompt.has_focus


async def test_the_tree_opens_folders_and_files_and_mentions_them(folder: Path) -> None:
    async with running(folder, ScriptedEngine()) as session:
        await session.pilot.press("f5", "right", "down", "enter")
        editor = session.chat.bench.editor
        await session.until(lambda: editor.buffer is not None and editor.buffer.path == "src/util.py")
        (folder / "new.txt").write_text("x")
        await session.until(lambda: any("new.txt" in line for line in _text_of_screen(session.app)))
        await session.pilot.press("f5", "@")
        await session.until(lambda: session.chat.prompt.has_focus)
        assert session.chat.prompt.text == "@src/util.py "


async def test_what_git_ignores_is_faint_in_the_tree(folder: Path) -> None:
    (folder / ".gitignore").write_text("*.log\n/src/\n")
    (folder / "run.log").write_text("x")
    async with running(folder, ScriptedEngine()) as session:
        await session.pilot.press("f5", "right", "down")
        rows = session.chat.bench.files.rows
        await session.until(lambda: rows.count == 5)
        assert [(row.label, row.faint) for row in rows._rows] == [
            *(("src", True), ("util.py", True), (".gitignore", False), ("run.log", True), ("shop.py", False)),
        ]
        colours = [rows.render_line(y)._segments[2].style.color for y in (3, 4)]  # type: ignore[union-attr]
        assert colours[0] != colours[1]


async def test_files_symbols_and_lines_are_gone_to_by_a_few_letters(folder: Path) -> None:
    async with running(folder, ScriptedEngine()) as session:
        await session.pilot.press("ctrl+o")
        await session.until(lambda: isinstance(session.app.screen, GoTo) and session.app.screen.rows.count == 2)
        await session.type("shp")
        await session.until(lambda: session.app.screen.query_one("Rows").count == 1)  # type: ignore[attr-defined]
        await session.pilot.press("enter")
        editor = session.chat.bench.editor
        await session.until(lambda: editor.text is not None and editor.text.has_focus and editor.buffer.symbols)
        for typed, place in (("@tot", (4, 8)), (":3", (2, 0))):
            await session.pilot.press("ctrl+o")
            await session.until(lambda: isinstance(session.app.screen, GoTo))
            session.app.screen.query_one(Input).value = typed
            await session.pilot.pause(0.3)
            await session.pilot.press("enter")
            await session.until(lambda: session.app.screen is session.chat)
            assert editor.text is not None
            assert editor.text.cursor_location == place


async def test_a_symbol_of_any_file_of_the_folder_is_gone_to_and_the_right_one_of_two_by_one_name(folder: Path) -> None:
    (folder / "src" / "twice.py").write_text("def again():\n    pass\n\n\ndef again():\n    return 2\n")
    async with running(folder, ScriptedEngine()) as session:
        editor = session.chat.bench.editor
        for typed, count, path, row in (("@util", 1, "src/util.py", 0), ("@again", 2, "src/twice.py", 4)):
            await session.pilot.press("ctrl+o")
            await session.until(lambda: isinstance(session.app.screen, GoTo))
            goto = session.app.screen
            assert isinstance(goto, GoTo)
            goto.query_one(Input).value = typed
            await session.until(lambda goto=goto, count=count: goto.rows.count == count)
            await session.pilot.press(*["down"] * (count - 1), "enter")
            await session.until(lambda path=path: editor.buffer is not None and editor.buffer.path == path)
            await session.until(lambda row=row: editor.text is not None and editor.text.cursor_location[0] == row)


async def test_tabs_are_switched_closed_after_a_yes_and_guard_what_is_unsaved(folder: Path) -> None:
    async with running(folder, ScriptedEngine()) as session:
        await _open(session)
        await _open(session, "src/util.py")
        editor = session.chat.bench.editor
        await session.pilot.press("ctrl+pageup")
        assert editor.buffer is not None
        assert editor.buffer.path == "shop.py"
        await session.pilot.press("x", "ctrl+q")
        await session.until(lambda: len(session.app.screen_stack) == 2)
        assert "shop.py" in "\n".join(_text_of_screen(session.app))
        await session.pilot.press("n")
        await session.until(lambda: len(session.app.screen_stack) == 1)
        await session.pilot.press("ctrl+w")
        await session.until(lambda: len(session.app.screen_stack) == 2)
        await session.pilot.press("y")
        await session.until(lambda: [b.path for b in editor.buffers] == ["src/util.py"])
        await session.pilot.press("ctrl+w")
        await session.until(lambda: not editor.has_file and _seen(session) == {"files", "conversation"})
        assert (folder / "shop.py").read_text() == SHOP


async def test_find_and_replace_by_a_regular_expression(folder: Path) -> None:
    async with running(folder, ScriptedEngine()) as session:
        text = await _open(session)
        await session.pilot.press("ctrl+f")
        bar = session.chat.bench.query_one(FindBar)
        bar.query_one("#pattern", Input).value = r"self\.(item)s"
        await session.until(lambda: text.selected_text == "self.items")
        assert "1 of 2" in "\n".join(_text_of_screen(session.app))
        await session.pilot.press("enter")
        await session.until(lambda: text.selection.start[0] == 5)
        bar.query_one("#by", Input).value = r"self.\1_list"
        await session.pilot.press("tab", "enter")
        await session.until(lambda: text.text == SHOP.replace("sum(self.items)", "sum(self.item_list)"))
        await session.pilot.press("alt+a")
        await session.until(lambda: text.text == SHOP.replace("self.items", "self.item_list"))
        await session.pilot.press("escape", "ctrl+z")
        await session.until(lambda: text.text == SHOP.replace("sum(self.items)", "sum(self.item_list)"))


async def test_symbols_are_folded_and_keys_go_over_the_fold(folder: Path) -> None:
    async with running(folder, ScriptedEngine()) as session:
        text = await _open(session, "shop.py::Cart.add")
        await session.pilot.press("alt+z")
        assert text.view.height == 7 - 1
        assert any("⋯ 1 lines" in line for line in _text_of_screen(session.app))
        await session.pilot.press("down")
        assert text.cursor_location[0] == 3
        await session.pilot.press("up", "alt+z", "alt+shift+z")
        assert text.view.height == 2
        text.go_to((4, 0))
        assert text.view.height == 5, "going to a hidden line opens its fold"


async def test_structural_keys_select_objects_siblings_and_swap_them(folder: Path) -> None:
    async with running(folder, ScriptedEngine()) as session:
        text = await _open(session, "shop.py::Cart.total")
        await session.pilot.press("alt+shift+d")
        assert text.selected_text == "return sum(self.items)"
        await session.pilot.press("alt+d", "alt+a")
        assert text.selected_text.startswith("def add")
        assert text.selected_text.endswith("sum(self.items)")
        text.select_span(SHOP.index("self, rate"), SHOP.index(", rate"))
        await session.pilot.press("alt+shift+right")
        assert "def total(rate=1, self):" in text.text
        assert text.selected_text == "self"
        await session.pilot.press("alt+m")
        await session.pilot.pause(0.2)
        screen = "\n".join(_text_of_screen(session.app))
        assert "identifier" in screen
        assert "Cart.total" in screen


async def test_what_another_program_writes_is_shown_and_asked_about_when_something_is_typed(folder: Path) -> None:
    async with running(folder, ScriptedEngine()) as session:
        text = await _open(session)
        text.move_cursor((4, 4))
        (folder / "shop.py").write_text("# new\n" + SHOP)
        await session.until(lambda: text.text == "# new\n" + SHOP)
        assert not session.chat.bench.editor.buffers[0].dirty
        await session.pilot.press("z")
        (folder / "shop.py").write_text("theirs\n")
        await session.until(lambda: len(session.app.screen_stack) == 2)
        await session.pilot.press("y")
        await session.until(lambda: text.text == "theirs\n")
        await session.pilot.press("ctrl+z")
        assert text.text != "theirs\n", "taking it can be undone"
        (folder / "shop.py").unlink()
        await session.until(lambda: any("✕" in line for line in _text_of_screen(session.app)))


async def test_what_is_typed_is_kept_from_a_crash_within_two_seconds(folder: Path) -> None:
    async with running(folder, ScriptedEngine()) as session:
        await _open(session)
        await session.pilot.press("q")
        from assistant.session.files.open_file import OpenFile

        await session.until(lambda: OpenFile(folder / "shop.py").kept() == "q" + SHOP, seconds=2.0)


async def test_a_large_file_opens_to_be_read(folder: Path) -> None:
    (folder / "big.log").write_text(BIG)
    async with running(folder, ScriptedEngine()) as session:
        text = await _open(session, "big.log")
        assert text.read_only
        await session.pilot.press("x", "ctrl+end")
        await session.pilot.pause(0.2)
        assert "line 899999" in "\n".join(_text_of_screen(session.app))
        await session.pilot.press("ctrl+f")
        session.chat.bench.query_one(FindBar).query_one("#pattern", Input).value = "line 1234$"
        await session.until(lambda: text.cursor_location[0] == 1234, seconds=20)


async def test_the_key_bar_shows_the_keys_of_the_panel_at_hand(folder: Path) -> None:
    async with running(folder, ScriptedEngine()) as session:
        assert "Send" in _text_of_screen(session.app)[-1]
        await _open(session)
        assert "Save" in _text_of_screen(session.app)[-1]
        assert "Send" not in _text_of_screen(session.app)[-1]


async def test_both_texts_of_a_change_are_read_with_the_keys_of_the_tree(folder: Path) -> None:
    edit = Edit("shop.py", SHOP, SHOP.replace("sum(self.items)", "sum(self.items) * rate"))
    async with running(folder, ScriptedEngine(), size=(140, 30)) as session:
        panes = CodePanes(edit, 5)
        session.app.push_screen(panes)
        await session.until(lambda: len(panes.areas) == 2 and panes.areas[1].has_focus)
        await session.pilot.press("alt+d")
        assert panes.areas[1].selected_text.endswith("* rate")
        await session.pilot.press("tab", "alt+d", "x")
        assert panes.areas[0].selected_text.endswith("sum(self.items)")
        assert panes.areas[0].text == SHOP
        await session.pilot.pause(0.1)
        assert sum("function_definition" in line for line in _text_of_screen(session.app)) == 1
        await session.pilot.press("escape")
        await session.until(lambda: session.app.screen is session.chat)


async def test_a_letter_held_with_alt_is_a_key_and_no_text_as_terminals_send_it(folder: Path) -> None:
    async with running(folder, ScriptedEngine()) as session:
        text = await _open(session, "shop.py::Cart.total")
        session.app.post_message(events.Key("alt+d", "d"))
        await session.until(lambda: text.selected_text.startswith("def total"))
        session.app.post_message(events.Key("alt+q", "q"))
        await session.pilot.pause(0.1)
        assert text.text == SHOP
        session.chat.prompt.focus()
        session.app.post_message(events.Key("alt+q", "q"))
        await session.pilot.pause(0.1)
        assert session.chat.prompt.text == ""
