"""A file that cannot be opened: why, and what helps, stays where its text would be until it can be or is closed."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.tui.panels.buffer import Refused
from assistant.tui.widgets.refusal import Refusal
from tests.assistant.tui.test_app import Session, _text_of_screen, running
from tests.fakes.scripted_engine import ScriptedEngine


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "photo.bin").write_bytes(bytes(range(256)))
    return tmp_path


def _screen(session: Session) -> str:
    return " ".join(" ".join(_text_of_screen(session.app)).split())


async def _refused(session: Session, path: str) -> Refused:
    session.chat.open_file(path)
    editor = session.chat.bench.editor
    await session.until(lambda: isinstance(editor.pages.seen, Refused) and editor.pages.seen.path == path)
    page = editor.pages.seen
    assert isinstance(page, Refused)
    await session.until(lambda: page.view.has_focus)
    return page


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_it_is_told_in_its_place_beside_the_files_that_are_open(folder: Path, size: tuple[int, int]) -> None:
    async with running(folder, ScriptedEngine(), size=size) as session:
        editor = session.chat.bench.editor
        session.chat.open_file("a.py")
        await session.until(lambda: editor.text is not None and editor.text.has_focus)
        await _refused(session, "photo.bin")
        await session.until(lambda: "Cannot open photo.bin: it is a binary file." in _screen(session))
        assert "xxd photo.bin | less" in _screen(session)
        assert editor.buffer is None
        await session.pilot.press("ctrl+s", "ctrl+k", "ctrl+e", "ctrl+f", "alt+g", "escape")
        assert len(session.app.screen_stack) == 1
        assert (folder / "a.py").read_text() == "x = 1\n"
        await session.pilot.press("ctrl+pageup")
        await session.until(lambda: editor.text is not None and editor.text.has_focus)
        assert "Cannot open" not in _screen(session)
        await session.pilot.press("ctrl+pagedown")
        await session.until(lambda: bool(editor.query_one(Refusal).has_focus))
        await session.pilot.press("ctrl+w")
        await session.until(lambda: not editor.query(Refusal))
        assert [buffer.path for buffer in editor.buffers] == ["a.py"]


async def test_it_is_opened_by_enter_or_by_itself_once_it_can_be(folder: Path) -> None:
    async with running(folder, ScriptedEngine()) as session:
        editor = session.chat.bench.editor
        page = await _refused(session, "photo.bin")
        (folder / "photo.bin").write_text("not a picture any more\n")
        page.view.post_message(Refusal.TriedAgain(page.view))
        await session.until(lambda: editor.text is not None and editor.text.text == "not a picture any more\n")
        await session.until(lambda: editor.text is not None and editor.text.has_focus)
        await _refused(session, "later.py")
        await session.until(lambda: "there is no such file" in _screen(session))
        (folder / "later.py").write_text("y = 2\n")
        await session.until(lambda: editor.text is not None and editor.text.text == "y = 2\n")
        await session.until(lambda: editor.text is not None and editor.text.has_focus)
        assert [buffer.path for buffer in editor.buffers] == ["photo.bin", "later.py"]


async def test_what_was_open_and_is_gone_says_so_in_its_tab_at_the_next_start(folder: Path) -> None:
    async with running(folder, ScriptedEngine()) as session:
        for name in ("a.py", "b.py"):
            (folder / name).write_text("")
            session.chat.open_file(name)
            await session.until(lambda name=name: name in [b.path for b in session.chat.bench.editor.buffers])
    (folder / "b.py").unlink()
    async with running(folder, ScriptedEngine()) as session:
        editor = session.chat.bench.editor
        await session.until(lambda: "Cannot open b.py: there is no such file." in _screen(session))
        assert [page.path for page in editor.pages.all] == ["a.py", "b.py"]
    async with running(folder, ScriptedEngine()) as session:
        await session.until(lambda: [page.path for page in session.chat.bench.editor.pages.all] == ["a.py"])
