"""The line of figures while a reply or a change is written: what is read, how fast, and how well guesses ahead do."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

from assistant.engine.api import Chunk, GenerationRequest, Prefill, TextChunk
from assistant.tui.widgets.status_bar import StatusBar
from tests.assistant.tui.test_app import running
from tests.fakes.scripted_engine import ScriptedEngine


class DraftingEngine(ScriptedEngine):
    """Guesses four tokens for each that it says, and one of the four is right."""

    async def generate(self, request: GenerationRequest) -> AsyncIterator[Chunk]:
        async for chunk in super().generate(request):
            if isinstance(chunk, TextChunk):
                chunk = dataclasses.replace(chunk, drafted=4 * chunk.tokens, accepted=chunk.tokens)
            yield chunk


class SlowReader(ScriptedEngine):
    """Reads ten tokens of a prompt of 100,000 at a time, until it is allowed to have read all."""

    may_write = False

    async def generate(self, request: GenerationRequest) -> AsyncIterator[Chunk]:
        if request.max_tokens:
            done = 40_000
            while not self.may_write:
                yield Prefill(done, 100_000, 30_000)
                done = min(done + 10, 49_000)
                await asyncio.sleep(0.02)
        async for chunk in super().generate(request):
            yield chunk


def _line(bar: StatusBar) -> str:
    return bar.render().plain


async def test_speed_cache_and_accepted_drafts_are_seen_while_a_reply_is_written(tmp_path: Path) -> None:
    engine = DraftingEngine([" ".join(map(str, range(2_000)))], seconds_per_token=0.05)
    async with running(tmp_path, engine, size=(140, 30)) as session:
        await session.type("go")
        await session.pilot.press("enter")
        await session.until(lambda: " tok/s · drafts 25%" in _line(session.chat.status))
        assert "writing" in _line(session.chat.status)
        await session.pilot.press("escape")
        await session.until(lambda: not session.desk.busy)


async def test_they_are_seen_while_a_change_is_written(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def add(a, b):\n    return a - b\n")
    engine = DraftingEngine(["def add(a, b):\n" + "    a += b\n" * 800], seconds_per_token=0.05)
    async with running(tmp_path, engine, size=(140, 30)) as session:
        session.desk.edit_file("a.py::add", "add")
        await session.until(lambda: " tok/s · drafts 25%" in _line(session.chat.status))
        session.desk.stop()
        await session.until(lambda: not session.desk.busy)


async def test_how_far_the_prompt_is_read_is_seen_for_a_change_too(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def add(a, b):\n    return a - b\n")
    engine = SlowReader(["    return a + b\n```"])
    async with running(tmp_path, engine, size=(140, 30)) as session:
        line = lambda: _line(session.chat.status)  # noqa: E731
        session.desk.edit_file("a.py::add", "add")
        await session.until(lambda: "reading the prompt" in line() and "% · 4" in line() and "tok/s" in line())
        assert " / 100,000" in line() and "cached 30,000 (30%)" in line()
        engine.may_write = True
        await session.until(lambda: len(session.app.screen_stack) == 2)
        await session.pilot.press("escape")
        await session.until(lambda: not session.desk.busy)
        assert session.chat.status.status.context_used == 0


async def test_choosing_where_a_change_belongs_shows_how_far_it_has_read(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text("".join(f"def f{n}():\n    return {n}\n\n\n" for n in range(30)))
    engine = SlowReader(["f3`", "    return 33\n```"])
    async with running(tmp_path, engine, size=(140, 30)) as session:
        session.desk.edit_file("long.py", "let the third one say thirty-three")
        await session.until(lambda: "/ 100,000" in _line(session.chat.status))
        assert not engine.requests
        session.desk.stop()
        await session.until(lambda: not session.desk.busy)
