"""Suggestions at the cursor: drawn without moving anything, taken whole, by line or word, dropped by typing something else."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from textual import events

from assistant.completion.api import Completer
from assistant.engine.api import Chunk, GenerationRequest, InfillPrompt, LoadedModel, ModelSpec
from assistant.tui.desks import suggesting
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


async def test_after_an_undo_nothing_is_suggested_until_something_is_typed(folder: Path) -> None:
    async with running(folder, FillingEngine()) as session:
        text = await _at_gap(session)
        await session.pilot.press("tab")
        assert text.text == CODE.replace("    \n", f"    {FILLING}\n")
        await session.pilot.press("ctrl+z")
        await session.until(lambda: text.text == CODE)
        await session.until(lambda: _rests(session))
        assert not text.ghost
        await session.pilot.press("t")
        await session.until(lambda: text.ghost == FILLING.removeprefix("t"))


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


class ReadingEngine(FillingEngine):
    """Reads ahead for as long as `reading` is not set."""

    def __init__(self) -> None:
        super().__init__()
        self.reading = asyncio.Event()
        self.given_up = 0

    async def generate(self, request: GenerationRequest) -> AsyncIterator[Chunk]:
        async for chunk in super().generate(request):
            if request.max_tokens == 0:
                try:
                    await self.reading.wait()
                except asyncio.CancelledError:
                    self.given_up += 1
                    raise
            yield chunk

    def read(self) -> list[tuple[str, str]]:
        """The prefixes and middles that were read ahead."""
        prompts = [request.prompt for request in self.read_ahead]
        return [(prompt.prefix, prompt.middle) for prompt in prompts if isinstance(prompt, InfillPrompt)]


async def _opened(session: Session) -> CodeEditor:
    session.chat.open_file("a.py")
    editor = session.chat.bench.editor
    await session.until(lambda: editor.text is not None and editor.text.has_focus)
    assert editor.text is not None
    return editor.text


def _rests(session: Session) -> bool:
    """Whether the cursor has come to rest and what was to be done then is under way or done."""
    return session.chat.bench.editor._suggesting._rest is None


async def test_where_the_cursor_comes_to_rest_is_read_ahead_and_the_next_key_ends_that(folder: Path) -> None:
    engine = ReadingEngine()
    async with running(folder, engine) as session:
        await _opened(session)
        await session.until(lambda: engine.read() == [("", "")])
        await session.pilot.press("down")
        await session.until(lambda: engine.given_up == 1)
        await session.until(lambda: engine.read()[1:] == [("def add(a, b):\n", "")])
        await session.pilot.press("x")
        await session.until(lambda: engine.given_up == 2)


async def test_what_is_read_already_is_not_read_again(folder: Path) -> None:
    engine = ReadingEngine()
    engine.reading.set()
    async with running(folder, engine) as session:
        text = await _opened(session)
        await session.until(lambda: len(engine.read()) == 1 and _rests(session))
        await session.pilot.press("down", "up")
        await session.until(lambda: _rests(session) and not session.chat.bench.editor._suggesting.reading)
        before = len(engine.read())
        assert engine.read()[-1] == ("", "")
        session.chat.bench.editor._suggesting.opened()
        await session.until(lambda: _rests(session))
        assert len(engine.read()) == before
        text.move_cursor((1, 4))
        await session.pilot.press("alt+h")
        await session.until(lambda: text.ghost == FILLING)
        await session.until(lambda: _rests(session) and not session.chat.bench.editor._suggesting.reading)
        asked = [request.prompt for request in engine.requests]
        session.chat.bench.editor._suggesting.opened()
        await session.until(lambda: _rests(session))
        assert [request.prompt for request in engine.requests] == asked
        assert all(request.prompt not in asked for request in engine.read_ahead)


async def test_while_the_cursor_moves_nothing_is_read_and_no_timer_is_set_anew(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = ReadingEngine()
    engine.reading.set()
    async with running(folder, engine) as session:
        await _opened(session)
        await session.until(lambda: len(engine.read()) == 1 and _rests(session))
        monkeypatch.setattr(suggesting, "_REST_SECONDS", 3600.0)
        panel = session.chat.bench.editor
        await session.pilot.press("down")
        await session.until(lambda: not _rests(session))
        timer = panel._suggesting._rest
        for _ in range(3):
            await session.pilot.press("down", "right", "up", "left")
        assert panel._suggesting._rest is timer
        assert len(engine.read()) == 1


@pytest.mark.parametrize("keys", [("shift+down",), ("alt+v", "down")], ids=["a selection", "switched off"])
async def test_nothing_is_read_ahead_for(folder: Path, keys: tuple[str, ...]) -> None:
    engine = ReadingEngine()
    engine.reading.set()
    async with running(folder, engine) as session:
        await _opened(session)
        await session.until(lambda: len(engine.read()) == 1 and _rests(session))
        await session.pilot.press(*keys)
        await session.until(lambda: _rests(session))
        assert len(engine.read()) == 1


async def test_while_a_reply_comes_nothing_is_read_ahead(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = ReadingEngine()
    engine.reading.set()
    async with running(folder, engine) as session:
        await _opened(session)
        await session.until(lambda: len(engine.read()) == 1 and _rests(session))
        desk = session.chat.bench.editor._suggesting
        monkeypatch.setattr(desk, "_busy", lambda: True)
        monkeypatch.setattr(suggesting, "_LATER_SECONDS", 0.01)
        looks: list[float] = []
        look = desk._read_ahead
        monkeypatch.setattr(desk, "_read_ahead", lambda: looks.append(look()) or looks[-1])
        await session.pilot.press("down")
        await session.until(lambda: len(looks) >= 3)
        assert len(engine.read()) == 1 and all(looks)
        monkeypatch.setattr(desk, "_busy", lambda: False)
        await session.until(lambda: len(engine.read()) == 2)


async def test_the_first_key_asks_at_once_and_those_of_a_burst_wait(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float | None] = []

    async def suggest(*_: object, debounce: float | None = None, **__: object) -> None:
        pauses.append(debounce)

    monkeypatch.setattr(Completer, "suggest", suggest)
    monkeypatch.setattr(suggesting, "_BURST_SECONDS", 0.0)
    async with running(folder, FillingEngine()) as session:
        text = await _opened(session)
        text.move_cursor((1, 4))
        await session.pilot.press("x")
        await session.until(lambda: pauses == [0.0])
        monkeypatch.setattr(suggesting, "_BURST_SECONDS", 3600.0)
        await session.pilot.press("y")
        await session.until(lambda: pauses == [0.0, None])


async def test_keys_that_come_in_one_burst_take_their_turns(folder: Path) -> None:
    async with running(folder, ScriptedEngine()) as session:
        text = await _opened(session)
        for key in ("down", "down", "up", "end", "x", "left", "y", "home", "z"):
            session.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await session.until(lambda: "x" in text.text and "y" in text.text and "z" in text.text)
        assert text.text == CODE.replace("    \n", "    zyx\n", 1)
