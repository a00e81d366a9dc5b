"""The line of figures while a reply or a change is written: what is read, how fast, and how well guesses ahead do."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

from assistant.engine.api import Chunk, GenerationRequest, TextChunk
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


def _line(bar: StatusBar) -> str:
    return bar.render().plain


async def test_speed_cache_and_accepted_drafts_are_seen_while_a_reply_is_written(tmp_path: Path) -> None:
    engine = DraftingEngine(["word " * 2_000], seconds_per_token=0.05)
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
