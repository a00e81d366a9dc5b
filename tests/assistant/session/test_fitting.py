"""Prompts of a conversation: shares, a map that stays, files shortened once for good, and every cut by its name."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from assistant.config import Config
from assistant.engine.api import ChatPrompt, ModelSpec
from assistant.session.events import ContextFitted, Event, TurnEnded
from assistant.session.files.folder_map import LEAST_ROOM, is_code_folder, map_room
from assistant.session.session import Session
from assistant.session.store import Store
from tests.fakes.scripted_engine import ScriptedEngine

SHOP = "class Cart:\n    def total(self):\n        return sum(self.prices)\n\n    def add(self, price):\n        pass\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "shop"
    place.mkdir()
    (place / "cart.py").write_text(SHOP)
    (place / "main.py").write_text("from cart import Cart\n\n\ndef main():\n    Cart().total()\n")
    return place


@pytest.fixture
def quick() -> ScriptedEngine:
    """An engine whose model reads a map in no time."""
    return ScriptedEngine(["fine"])


def session_in(folder: Path, engine: ScriptedEngine, **settings: object) -> Session:
    config = Config(**settings)  # type: ignore[arg-type]
    return Session(engine, Store(folder.parent / "sessions.db"), ModelSpec("small.gguf"), config, folder)


async def ask(session: Session, text: str) -> list[Event]:
    events = [event async for event in session.run_turn(text)]
    assert isinstance(events[-1], TurnEnded), events[-1]
    return events


def fitted(events: list[Event]) -> ContextFitted:
    return next(event for event in events if isinstance(event, ContextFitted))


def system_of(engine: ScriptedEngine) -> str:
    return engine.last_messages()[0].content


async def test_the_map_of_a_code_folder_stands_before_the_conversation_and_stays_there(
    folder: Path, quick: ScriptedEngine
) -> None:
    session = session_in(folder, quick)
    parts = fitted(await ask(session, "What is here?")).parts
    first = system_of(quick)
    assert "def total(self)" in first
    [mapped] = [part for part in parts if part.kind == "map"]
    assert mapped.name == "map of shop"
    assert mapped.tokens > 0
    assert "definitions" in mapped.note
    (folder / "cart.py").write_text(SHOP + "\n    def empty(self):\n        pass\n")
    await ask(session, "And now?")
    assert system_of(quick) == first
    session.open(None)
    await ask(session, "A new conversation?")
    assert system_of(quick).startswith(first.split("\n")[0])


async def test_a_folder_without_code_gets_no_map(tmp_path: Path, quick: ScriptedEngine) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "todo.md").write_text("# One\n\n# Two\n\n# Three\n\n# Four\n")
    session = session_in(tmp_path / "notes", quick)
    parts = fitted(await ask(session, "What is here?")).parts
    assert not [part for part in parts if part.kind == "map"]
    assert "outline" not in system_of(quick)


async def test_a_home_folder_is_never_read_for_a_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "main.py").write_text("def main(): pass\n")
    assert is_code_folder(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    (tmp_path / "me").mkdir()
    assert not is_code_folder(tmp_path)
    assert not is_code_folder(tmp_path / "me")
    assert not is_code_folder(Path("/"))


async def test_a_model_that_would_read_long_at_it_gets_no_map_and_says_so(folder: Path) -> None:
    engine = ScriptedEngine(["fine"], context_size=512)
    loaded = await engine.load(ModelSpec("x"))
    assert map_room(loaded) < LEAST_ROOM
    events = await ask(session_in(folder, engine), "What is here?")
    [mapped] = [part for part in fitted(events).parts if part.kind == "map"]
    assert (mapped.tokens, mapped.note.startswith("left out")) == (0, True)


async def test_a_file_that_is_too_long_is_shortened_by_name_and_the_same_way_ever_after(
    folder: Path, quick: ScriptedEngine
) -> None:
    quick.context_size = 1200
    code = "".join(f"def part{n}(value):\n    return value + {n} * 2 + 3 * value + 4\n\n\n" for n in range(60))
    (folder / "long.py").write_text(code)
    session = session_in(folder, quick)
    [cut] = fitted(await ask(session, "Explain @long.py")).cuts
    assert cut.name == "long.py"
    assert cut.tokens > 0
    assert "shortened from" in cut.words()
    question = quick.last_messages()[1].content
    assert "def part3(value)" in question
    (folder / "long.py").write_text("changed = 1\n")
    await ask(session, "And what else?")
    assert quick.last_messages()[1].content == question


async def test_everything_fits_and_what_is_in_the_prompt_adds_up(folder: Path, quick: ScriptedEngine) -> None:
    quick.context_size = 900
    quick.replies = ["an answer of some words " * 8]
    session = session_in(folder, quick)
    for number in range(14):
        event = fitted(await ask(session, f"question {number} about @cart.py and more"))
        request = quick.requests[-1]
        assert isinstance(request.prompt, ChatPrompt)
        tokens = await quick.count_tokens(request.prompt)
        assert tokens == event.prompt_tokens
        assert tokens + request.max_tokens <= 900
        told = sum(part.tokens for part in event.parts if part.kind != "reply")
        assert abs(told - tokens) <= 0.12 * tokens + 20
    left_out = [part for part in event.cuts if part.kind == "history"]
    assert left_out[0].name.startswith("turn 1 “question 0")
    assert left_out[0].cut > 0


async def test_a_question_that_needs_the_room_of_the_map_gets_it(folder: Path, quick: ScriptedEngine) -> None:
    quick.context_size = 1200
    session = session_in(folder, quick)
    await ask(session, "short?")
    assert "def total" in system_of(quick)
    events = await ask(session, "word " * 840)
    assert "def total" not in system_of(quick)
    [mapped] = [part for part in fitted(events).parts if part.kind == "map"]
    assert "left out" in mapped.note


async def test_the_map_is_read_ahead_and_a_question_ends_that(folder: Path, quick: ScriptedEngine) -> None:
    session = session_in(folder, quick)
    async for _ in session.load():
        pass
    for _ in range(100):
        await asyncio.sleep(0.02)
        if quick.read_ahead:
            break
    ahead = quick.read_ahead[0]
    assert ahead.max_tokens == 0
    assert isinstance(ahead.prompt, ChatPrompt)
    await ask(session, "What is here?")
    assert system_of(quick) == ahead.prompt.messages[0].content
