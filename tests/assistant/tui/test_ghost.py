"""Suggestions at the cursor: drawn without moving anything, taken whole, by line or word, dropped by typing something else."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assistant.engine.api import Chunk, GenerationRequest, InfillPrompt, LoadedModel, ModelSpec
from assistant.tui.widgets.code_editor import CodeEditor
from tests.assistant.tui.test_app import Session, _text_of_screen, running
from tests.fakes.scripted_engine import ScriptedEngine

CODE = "def add(a, b):\n    \n\n\ndef last():\n    return 1\n"
FILLING = "total = a + b\n    print(total)\n    return total"


class FillingEngine(ScriptedEngine):
    """Loads a model that fills gaps; the gap begins with what is typed already."""

    async def load(self, spec: ModelSpec) -> LoadedModel:
        self.loaded = dataclasses.replace(await super().load(spec), infill=True)
        return self.loaded

    async def generate(self, request: GenerationRequest) -> AsyncIterator[Chunk]:
        gap = isinstance(request.prompt, InfillPrompt)
        self.replies = [FILLING] if gap else ["Hello."]
        async for chunk in super().generate(request):
            yield chunk


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_text(CODE)
    return tmp_path


async def _at_gap(session: Session) -> CodeEditor:
    session.chat.open_file("a.py")
    editor = session.chat.bench.editor
    await session.until(lambda: editor.text is not None and editor.text.has_focus)
    assert editor.text is not None
    editor.text.move_cursor((1, 4))
    await session.pilot.press("alt+h")
    await session.until(lambda: editor.text is not None and editor.text.ghost == FILLING)
    return editor.text


async def test_a_suggestion_is_drawn_over_the_lines_below_and_moves_nothing(folder: Path) -> None:
    async with running(folder, FillingEngine(), size=(100, 30)) as session:
        session.chat.open_file("a.py")
        await session.until(lambda: session.chat.bench.editor.text is not None)
        await session.pilot.pause(0.3)
        before = _text_of_screen(session.app)
        text = await _at_gap(session)
        await session.pilot.pause(0.1)
        after = _text_of_screen(session.app)
        assert any("total = a + b" in line for line in after)
        assert any("return total" in line for line in after)
        assert text.text == CODE
        row = next(index for index, line in enumerate(before) if "def last" in line)
        assert "def last" in after[row]


async def test_it_is_taken_by_word_by_line_and_whole(folder: Path) -> None:
    async with running(folder, FillingEngine()) as session:
        text = await _at_gap(session)
        await session.pilot.press("ctrl+right")
        assert text.text == CODE.replace("    \n", "    total\n")
        assert text.ghost == FILLING.removeprefix("total")
        await session.pilot.press("end")
        assert text.text == CODE.replace("    \n", "    total = a + b\n")
        await session.pilot.press("tab")
        assert text.text == CODE.replace("    \n", f"    {FILLING}\n")
        assert not text.ghost
        await session.pilot.press("tab")
        assert text.text != CODE.replace("    \n", f"    {FILLING}\n"), "without a suggestion Tab indents"


async def test_typing_into_it_keeps_it_and_anything_else_drops_it(folder: Path) -> None:
    async with running(folder, FillingEngine()) as session:
        text = await _at_gap(session)
        await session.pilot.press("t", "o")
        assert text.ghost == FILLING.removeprefix("to")
        await session.pilot.press("escape")
        assert not text.ghost
        assert text.has_focus
        await session.pilot.press("x")
        assert text.text == CODE.replace("    \n", "    tox\n")
        await session.pilot.press("alt+v")
        assert "only when asked" in session.toasts()


async def test_a_model_that_fills_no_gaps_is_named_once(folder: Path) -> None:
    async with running(folder, ScriptedEngine()) as session:
        session.chat.open_file("a.py")
        await session.until(
            lambda: session.chat.bench.editor.text is not None and session.chat.bench.editor.text.has_focus
        )
        text = session.chat.bench.editor.text
        assert text is not None
        text.move_cursor((1, 4))
        await session.pilot.press("x", "y", "z")
        await session.until(session.toasts)
        assert session.toasts().count("not trained to fill gaps") == 1
