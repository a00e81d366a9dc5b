"""A conversation without a screen: what it tells, what it stores, what it leaves out."""

from __future__ import annotations

import asyncio
import itertools
import threading
from pathlib import Path

import pytest

from assistant.config import Config
from assistant.context.index import Index
from assistant.engine.api import ModelSpec
from assistant.errors import UsageError
from assistant.session.events import (
    ContextTrimmed,
    Event,
    LookingThrough,
    ModelLoaded,
    ModelLoading,
    NotAsked,
    ReplyRepeats,
    TextDelta,
    TurnEnded,
    TurnFailed,
    TurnStarted,
)
from assistant.session.pointing import Pointing
from assistant.session.session import Session
from assistant.session.store import Store
from tests.fakes.scripted_engine import ScriptedEngine


def _session(tmp_path: Path, engine: ScriptedEngine, **settings: object) -> Session:
    config = Config(**settings)  # type: ignore[arg-type]
    return Session(engine, Store(tmp_path / "sessions.db"), ModelSpec("small.gguf"), config, tmp_path)


async def _events(session: Session, text: str) -> list[Event]:
    return [event async for event in session.run_turn(text)]


def _shown(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def test_a_turn_loads_the_model_streams_the_reply_and_ends_once(tmp_path: Path) -> None:
    session = _session(tmp_path, ScriptedEngine(["A list is mutable, a tuple is not."]))
    events = await _events(session, "list or tuple?")
    assert [type(e) for e in events[:3]] == [TurnStarted, ModelLoading, ModelLoaded]
    assert isinstance(events[-1], TurnEnded)
    assert sum(isinstance(e, TurnEnded | TurnFailed) for e in events) == 1
    assert _shown(events) == "A list is mutable, a tuple is not."


async def test_the_conversation_so_far_is_in_the_next_prompt(tmp_path: Path) -> None:
    engine = ScriptedEngine(["one", "two"])
    session = _session(tmp_path, engine)
    await _events(session, "first?")
    await _events(session, "second?")
    assert [m.content for m in engine.last_messages()][1:] == ["first?", "one", "second?"]


async def test_what_is_shown_is_stored_before_it_is_told(tmp_path: Path) -> None:
    session = _session(tmp_path, ScriptedEngine(["one two three four five six " * 20], seconds_per_token=0.001))
    shown = ""
    async for event in session.run_turn("count"):
        if isinstance(event, TextDelta):
            shown += event.text
            assert session.id is not None
            assert session.store.messages(session.id)[-1].text.startswith(shown)


async def test_stopping_keeps_what_came_and_the_next_turn_works(tmp_path: Path) -> None:
    engine = ScriptedEngine(["word " * 500, "fine"], seconds_per_token=0.002)
    session = _session(tmp_path, engine)
    events: list[Event] = []
    async for event in session.run_turn("go on for long"):
        events.append(event)
        if isinstance(event, TextDelta):
            session.cancel()
    assert isinstance(events[-1], TurnEnded)
    assert events[-1].stats.stop_reason == "cancelled"
    assert engine.cancelled == 1
    assert session.id is not None
    stored = session.store.messages(session.id)[-1]
    assert stored.state == "stopped"
    assert stored.text == _shown(events)
    assert _shown(await _events(session, "again")) == "fine"


async def test_stopping_while_the_model_loads_returns_at_once(tmp_path: Path) -> None:
    engine = ScriptedEngine(seconds_to_load=30)
    session = _session(tmp_path, engine)
    events: list[Event] = []
    async for event in session.run_turn("hello"):
        events.append(event)
        if isinstance(event, ModelLoading):
            session.cancel()
    assert isinstance(events[-1], TurnEnded)


async def test_a_turn_does_not_load_a_model_that_is_being_loaded(tmp_path: Path) -> None:
    engine = ScriptedEngine(seconds_to_load=0.1)
    session = _session(tmp_path, engine)

    async def load() -> list[Event]:
        return [event async for event in session.load()]

    loading = asyncio.create_task(load())
    await asyncio.sleep(0.02)
    await _events(session, "hello")
    await loading
    assert len(engine.specs) == 1


async def test_a_crash_keeps_the_text_says_why_and_a_retry_answers(tmp_path: Path) -> None:
    engine = ScriptedEngine(["one two three four five six seven"], crash_after=3)
    session = _session(tmp_path, engine)
    events = await _events(session, "count")
    failure = events[-1]
    assert isinstance(failure, TurnFailed)
    assert failure.restart
    assert "killed" in failure.sentence()
    assert session.id is not None
    cut = session.store.messages(session.id)[-1]
    assert (cut.state, cut.text) == ("cut", "one two three")
    retried = [event async for event in session.retry()]
    assert _shown(retried) == "one two three four five six seven"
    assert [m.content for m in engine.last_messages()][1:] == ["count"]
    assert len(session.store.messages(session.id)) == 3


async def test_a_model_that_cannot_be_loaded_fails_the_turn_and_keeps_the_question(tmp_path: Path) -> None:
    from assistant.engine.api import ModelRefused

    engine = ScriptedEngine(load_error=ModelRefused("cannot run small.gguf", "it is damaged", "pull it again"))
    session = _session(tmp_path, engine)
    events = await _events(session, "hello")
    failure = events[-1]
    assert isinstance(failure, TurnFailed)
    assert (failure.what, failure.hint, failure.restart) == ("cannot run small.gguf", "pull it again", False)
    assert session.id is not None
    assert session.store.messages(session.id)[0].text == "hello"


async def test_old_turns_are_left_out_by_name_and_stay_out(tmp_path: Path) -> None:
    engine = ScriptedEngine(["lorem ipsum dolor " * 12], context_size=300)
    session = _session(tmp_path, engine, max_tokens=2048)
    trimmed: list[ContextTrimmed] = []
    for number in range(12):
        events = await _events(session, f"question {number} about something")
        assert isinstance(events[-1], TurnEnded), events[-1]
        trimmed += [e for e in events if isinstance(e, ContextTrimmed)]
        request = engine.requests[-1]
        tokens = await engine.count_tokens(request.prompt)
        assert tokens + request.max_tokens <= 300
        assert request.max_tokens >= 300 // 4
    assert trimmed[0].left_out[0] == "turn 1 “question 0 about something”"
    firsts = [r.prompt.messages[1].content for r in engine.requests]  # type: ignore[union-attr]
    changes = sum(a != b for a, b in itertools.pairwise(firsts))
    assert 0 < changes <= 6


async def test_a_question_that_alone_is_too_long_is_refused_with_a_sentence(tmp_path: Path) -> None:
    session = _session(tmp_path, ScriptedEngine(context_size=100))
    events = await _events(session, "word " * 200)
    assert isinstance(events[-1], TurnFailed)
    assert "100" in events[-1].sentence()
    assert not session.running


async def test_one_turn_at_a_time(tmp_path: Path) -> None:
    session = _session(tmp_path, ScriptedEngine(["word " * 50], seconds_per_token=0.002))
    async for event in session.run_turn("first"):
        if isinstance(event, TextDelta):
            with pytest.raises(UsageError):
                await _events(session, "second")
            session.cancel()


async def test_an_empty_question_is_refused_and_stores_nothing(tmp_path: Path) -> None:
    session = _session(tmp_path, ScriptedEngine())
    with pytest.raises(UsageError):
        await _events(session, "  \n")
    assert session.store.sessions() == []


async def test_a_turn_whose_watcher_goes_away_is_stored_as_stopped(tmp_path: Path) -> None:
    engine = ScriptedEngine(["word " * 500], seconds_per_token=0.002)
    session = _session(tmp_path, engine)

    async def watch() -> None:
        async for _ in session.run_turn("go on"):
            pass

    task = asyncio.create_task(watch())
    await asyncio.sleep(0.3)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert session.id is not None
    stored = session.store.messages(session.id)[-1]
    assert stored.state == "stopped"
    assert stored.text.startswith("word")
    assert engine.cancelled == 1


async def test_what_a_question_points_at_is_in_its_prompt_and_in_those_after_it(tmp_path: Path) -> None:
    (tmp_path / "notes.py").write_text("ANSWER = 42\n")
    engine = ScriptedEngine(["it is", "yes"])
    session = _session(tmp_path, engine)
    events = await _events(session, "what is in @notes.py")
    started = events[0]
    assert isinstance(started, TurnStarted)
    assert started.attached == ("notes.py",)
    (tmp_path / "notes.py").write_text("ANSWER = 43\n")
    await _events(session, "sure?")
    first = engine.last_messages()[1].content
    assert first.startswith("what is in @notes.py")
    assert "ANSWER = 42" in first, "a later prompt begins with the same tokens"
    assert session.id is not None
    assert session.store.messages(session.store.fork(session.id))[0].attached


class HugeFolder(Pointing):
    """A folder whose names take as long to be read as the test wants."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.may_end = threading.Event()

    def names(self) -> Index:
        self.may_end.wait(60)
        return super().names()


def _session_on_huge_folder(tmp_path: Path) -> tuple[Session, HugeFolder]:
    (tmp_path / "shop.py").write_text("def total():\n    return 3\n")
    huge = HugeFolder(tmp_path)
    store = Store(tmp_path / "sessions.db")
    return Session(ScriptedEngine(), store, ModelSpec("small.gguf"), Config(), tmp_path, huge), huge


@pytest.mark.parametrize("mention", ["@shop.py", "@shop.py::total", "@shop.py::totl", "@diff"])
def test_a_mention_of_a_path_waits_for_no_names_of_the_folder(mention: str, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("def total():\n    return 3\n")

    class Unread(Pointing):
        def names(self) -> Index:
            raise AssertionError("the names were read")

    pointed = Unread(tmp_path).attachments(f"what is {mention}?")
    assert bool(pointed.labels) != bool(pointed.unclear)


async def test_looking_through_a_huge_folder_is_told_and_can_be_ended_before_anything_is_asked(tmp_path: Path) -> None:
    session, huge = _session_on_huge_folder(tmp_path)
    events: list[Event] = []
    async for event in session.run_turn("what is @total?"):
        events.append(event)
        if isinstance(event, LookingThrough):
            session.cancel()
    assert [type(event) for event in events] == [LookingThrough, NotAsked]
    assert session.id is None and not session.running
    huge.may_end.set()
    events = await _events(session, "what is @total?")
    assert any(isinstance(event, TurnStarted) and event.attached == ("shop.py::total",) for event in events)


async def test_a_reply_that_repeats_itself_is_ended_and_says_so(tmp_path: Path) -> None:
    engine = ScriptedEngine(["Certainly:\n" + "print(1)\nprint(2)\n" * 5_000], seconds_per_token=0.001)
    session = _session(tmp_path, engine, max_tokens=100_000)
    events = await _events(session, "print")
    assert [event.what for event in events if isinstance(event, ReplyRepeats)] == ["the same 2 lines 20 times"]
    assert isinstance(events[-1], TurnEnded) and events[-1].stats.stop_reason == "cancelled"
    assert engine.cancelled == 1
    assert session.store.messages(session.id or 0)[-1].state == "stopped"


async def test_a_reply_may_repeat_itself_where_the_settings_let_it(tmp_path: Path) -> None:
    reply = "print(1)\n" * 60
    session = _session(tmp_path, ScriptedEngine([reply]), stop_repeats="off")
    assert _shown(await _events(session, "print")) == reply
