"""vim's keys in the app's own editor: typed, shown, undone, saved."""

from __future__ import annotations

from pathlib import Path

from assistant.tui.drawing.untrusted import Plain
from assistant.tui.panels.editor import EditorPanel
from tests.assistant.tui.test_app import running
from tests.fakes.scripted_engine import ScriptedEngine


async def test_a_file_is_edited_by_vims_keys_and_saved(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("one = 1\ntwo = 2\n")
    async with running(tmp_path, ScriptedEngine(), size=(120, 30), keymap="vim") as session:
        session.chat.open_file("a.py")
        panel = session.chat.query_one(EditorPanel)
        await session.until(lambda: panel.has_file)
        panel.focus_text()
        press = session.pilot.press
        await press("G", "d", "d", "P")
        assert panel.text is not None
        assert panel.text.text == "two = 2\none = 1\n"
        await press("c", "w", *"three", "escape", "A", "0", "escape")
        assert panel.text.text == "three = 20\none = 1\n"
        await press("u")
        assert panel.text.text == "three = 2\none = 1\n"
        await press("u")
        assert panel.text.text == "two = 2\none = 1\n"
        await press("ctrl+r", "g", "g")
        assert panel.text.text == "three = 2\none = 1\n"
        await press("i")
        await session.until(lambda: "INSERT" in _place(panel))
        await press("escape", "2", "d")
        await session.until(lambda: "NORMAL 2d" in _place(panel))
        await press("escape", ":", "w", "enter")
        await session.until(lambda: file.read_text() == "three = 2\none = 1\n")
        await press("v", "j", "y")
        assert panel.text.text == "three = 2\none = 1\n"
        await press(":", "q", "enter")
        await session.until(lambda: not panel.has_file)


async def test_without_the_setting_letters_are_letters(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("one\n")
    async with running(tmp_path, ScriptedEngine(), size=(120, 30)) as session:
        session.chat.open_file("a.py")
        panel = session.chat.query_one(EditorPanel)
        await session.until(lambda: panel.has_file)
        panel.focus_text()
        await session.pilot.press("d", "d")
        assert panel.text is not None
        assert panel.text.text == "ddone\n"


def _place(panel: EditorPanel) -> str:
    return str(panel.query_one("#place", Plain).visual)
