"""The editor: text that equals a model of it, keys by the tree, nothing lost and nobody's work overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from assistant.errors import AssistantError
from assistant.session.files.open_file import OpenFile
from assistant.tui.panels.editor import EditorPanel
from assistant.tui.widgets.code_editor import CodeEditor
from tests.assistant.tui.test_app import Session, _text_of_screen, running
from tests.fakes.scripted_engine import ScriptedEngine

CODE = "class Cart:\n    def add(self, item):\n        self.items.append(item)\n\n    def total(self):\n        return sum(self.items)\n"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "shop.py"
    path.write_text(CODE)
    return path


async def _open(session: Session, target: str = "shop.py") -> EditorPanel:
    session.desk.open_file(target)
    editor = session.chat.bench.editor
    await session.until(lambda: editor.text is not None and editor.text.has_focus)
    await session.pilot.pause(0.3)
    return editor


def _text(editor: EditorPanel) -> CodeEditor:
    assert editor.text is not None
    return editor.text


def _dialog(session: Session) -> bool:
    return len(session.app.screen_stack) == 2


async def test_a_file_is_opened_at_a_symbol_edited_and_saved(file: Path) -> None:
    async with running(file.parent, ScriptedEngine()) as session:
        editor = await _open(session, "shop.py::Cart.total")
        assert _text(editor).cursor_location == (4, 4)
        await session.pilot.press("end", "enter", "x")
        await session.pilot.pause()
        assert "●" in "\n".join(_text_of_screen(session.app))
        await session.pilot.press("ctrl+s")
        await session.until(lambda: "    x\n" in file.read_text() or "x\n        return" in file.read_text())


async def test_keys_move_by_the_tree(file: Path) -> None:
    async with running(file.parent, ScriptedEngine()) as session:
        editor = await _open(session, "shop.py::Cart.total")
        await session.pilot.press("alt+f")
        assert _text(editor).selected_text.startswith("def total(self):")
        await session.pilot.press("alt+up")
        assert "def add" in _text(editor).selected_text
        await session.pilot.press("alt+down")
        assert _text(editor).selected_text.startswith("def total(self):")
        await session.pilot.press("alt+left")
        assert _text(editor).selected_text.startswith("def add")


async def test_no_color_leaves_code_without_colours(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(file.parent, ScriptedEngine()) as session:
        row = _text(await _open(session)).render_line(0)
        styles = [segment.style for segment in row if segment.style]
        colours = [c.triplet for style in styles for c in (style.color, style.bgcolor) if c]
        assert colours and all(c is not None and c.red == c.green == c.blue for c in colours)


async def test_code_is_coloured_where_it_is_seen(file: Path) -> None:
    file.write_text(CODE + "x = 1\n" * 5000)
    async with running(file.parent, ScriptedEngine()) as session:
        editor = await _open(session)
        text = _text(editor)
        assert text.document._coloured[2] - text.document._coloured[1] < 60
        assert any(
            segment.style.color != text.render_line(0)._segments[-1].style.color for segment in text.render_line(0)
        )


async def test_what_someone_else_wrote_is_overwritten_after_a_yes_only(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Else the app may notice by itself first, and ask something else.
    monkeypatch.setattr("assistant.tui.panels.open_files._LOOK_SECONDS", 3600.0)
    async with running(file.parent, ScriptedEngine()) as session:
        await _open(session)
        await session.pilot.press("a")
        file.write_text("theirs\n")
        await session.pilot.press("ctrl+s")
        await session.until(lambda: _dialog(session))
        await session.pilot.press("n")
        await session.until(lambda: not _dialog(session))
        assert file.read_text() == "theirs\n"
        await session.pilot.press("ctrl+w")
        await session.until(lambda: _dialog(session))
        await session.pilot.press("n")
        await session.until(lambda: not _dialog(session))
        assert session.chat.bench.editor.has_file


async def test_a_question_about_the_selection_reaches_the_model(file: Path) -> None:
    engine = ScriptedEngine(["because"])
    async with running(file.parent, engine) as session:
        await _open(session, "shop.py::Cart.total")
        await session.pilot.press("alt+f", "ctrl+k")
        await session.until(lambda: _dialog(session))
        session.app.screen.query_one(Input).value = "why sum?"
        await session.pilot.press("enter")
        await session.until(lambda: engine.requests and not session.desk.busy)
        asked = engine.last_messages()[-1].content
        assert "why sum?" in asked
        assert "return sum(self.items)" in asked
        assert asked.startswith("@shop.py::Cart.total")


async def test_controls_in_a_file_are_shown_and_survive_saving(file: Path) -> None:
    text = 'a = "\x1b[31m\u202e"\n'
    file.write_text(text)
    async with running(file.parent, ScriptedEngine()) as session:
        editor = await _open(session)
        screen = "\n".join(_text_of_screen(session.app))
        assert "\x1b" not in screen
        assert "\u202e" not in screen
        assert "␛[31m" in screen
        _text(editor).move_cursor(_text(editor).document.end)
        await session.pilot.press("b", "ctrl+s")
        await session.until(lambda: file.read_text() == text + "b")


async def test_only_line_feeds_end_lines_and_the_rest_is_kept(file: Path) -> None:
    text = "one\x0ctwo\u2028three\rfour\x85\n"
    file.write_bytes(text.encode())
    async with running(file.parent, ScriptedEngine()) as session:
        editor = await _open(session)
        assert _text(editor).document.line_count == 2
        _text(editor).move_cursor(_text(editor).document.end)
        await session.pilot.press("b", "ctrl+s")
        await session.until(lambda: file.read_bytes() == (text + "b").encode())


def test_line_ends_and_encoding_of_a_file_are_kept(file: Path) -> None:
    file.write_bytes(b"one\r\ntwo\nthree\r\n")
    opened = OpenFile(file)
    opened.save(opened.saved_text.replace("three", "drei"))
    assert file.read_bytes() == b"one\r\ntwo\ndrei\r\n"


def test_unsaved_text_outlives_a_crash(file: Path) -> None:
    OpenFile(file).keep(CODE + "unsaved")
    again = OpenFile(file)
    assert again.kept() == CODE + "unsaved"
    again.save(CODE + "unsaved")
    assert OpenFile(file).kept() is None


def test_saving_refuses_when_the_file_has_changed(file: Path) -> None:
    opened = OpenFile(file)
    file.write_text("theirs")
    with pytest.raises(AssistantError, match="changed on disk"):
        opened.save("mine")
    assert file.read_text() == "theirs"
