"""Suggestions come at once where they are known, one request runs at a time, and what is not sound never comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from assistant.completion.api import Completer, Habits, Suggestion
from assistant.engine.api import (
    Chunk,
    EngineCrashed,
    GenerationRequest,
    GenerationStats,
    InfillPrompt,
    LoadedModel,
    ModelSpec,
)
from assistant.syntax.document import Document, Span
from assistant.syntax.languages import LANGUAGES
from tests.fakes.scripted_engine import ScriptedEngine

PYTHON = next(row for row in LANGUAGES if row.name == "python")
BEFORE, AFTER = "def f(a):\n    ", "\n    return a\n"
QUICK = Habits(debounce=0.0, prepare_next=False)


@dataclass
class FimEngine(ScriptedEngine):
    """A scripted engine whose model fills in the middle, and takes `seconds_to_read` for a prompt that is read ahead."""

    seconds_to_read: float = 0.0

    async def generate(self, request: GenerationRequest) -> AsyncIterator[Chunk]:
        """Replay the next reply."""
        if request.max_tokens == 0:
            self.read_ahead.append(request)
            try:
                await asyncio.sleep(self.seconds_to_read)
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
            yield GenerationStats("length", 1, 0, 0, 0.0, 0.0, 0.0)
        else:
            async for chunk in super().generate(request):
                yield chunk

    async def load(self, spec: ModelSpec) -> LoadedModel:
        self.loaded = replace(await super().load(spec), infill=True)
        return self.loaded


async def completer(habits: Habits = QUICK, **how: Any) -> tuple[Completer, FimEngine]:
    engine = FimEngine(**how)
    await engine.load(ModelSpec("/models/scripted.gguf"))
    return Completer(engine, habits), engine


def place(typed: str = "") -> tuple[Document, int, str]:
    return Document(BEFORE + typed + AFTER, PYTHON), len(BEFORE + typed), "a.py"


async def test_typing_into_a_suggestion_costs_no_request() -> None:
    made, engine = await completer(replies=["a = a + 1"])
    first = await made.suggest(*place())
    assert first is not None and (first.text, first.remembered, first.cursor) == ("a = a + 1", False, len(BEFORE))
    for typed in ("a", "a =", "a = a + "):
        shown = made.typed_into(*place(typed))
        assert shown is not None and shown.text == "a = a + 1"[len(typed) :] and shown.remembered
        assert await made.suggest(*place(typed)) == shown
    assert made.typed_into(*place("b")) is None
    assert len(engine.requests) == 1


async def test_newer_call_takes_the_place_of_the_older_one() -> None:
    made, engine = await completer(replies=["x = 1"], seconds_per_token=0.2)
    older = asyncio.create_task(made.suggest(*place()))
    while not engine.requests:
        await asyncio.sleep(0.01)
    newer = await made.suggest(*place("x"), debounce=0)
    assert older.done() and await older is None
    assert engine.cancelled == 1 and newer is not None


async def test_keys_in_quick_succession_make_one_request() -> None:
    made, engine = await completer(replace(QUICK, debounce=0.4), replies=["= 1"])
    calls = []
    for typed in ("x", "xy", "xyz"):
        calls.append(asyncio.create_task(made.suggest(*place(typed))))
        await asyncio.sleep(0)
    found = await asyncio.gather(*calls)
    assert found[:2] == [None, None] and found[2] is not None
    assert len(engine.requests) == 1


async def test_next_suggestion_is_prepared_as_if_this_one_were_accepted() -> None:
    made, engine = await completer(replace(QUICK, prepare_next=True), replies=["b = a", "\n    c = b", ""])
    first = await made.suggest(*place())
    assert first is not None
    while len(engine.requests) < 2:
        await asyncio.sleep(0.01)
    second = await made.suggest(*place("b = a"))
    assert second is not None and second.text == "\n    c = b" and second.remembered
    prompt = engine.requests[1].prompt
    assert isinstance(prompt, InfillPrompt) and (prompt.middle + " a").endswith("b = a")
    await made.close()


async def test_prepared_suggestion_is_waited_for_rather_than_asked_again() -> None:
    made, engine = await completer(
        replace(QUICK, prepare_next=True), replies=["b = a", "\n    c = b", ""], seconds_per_token=0.02
    )
    await made.suggest(*place())
    assert await made.suggest(*place("b = a")) is not None
    assert len(engine.requests) in (2, 3) and engine.cancelled == 0
    await made.close()


async def test_coming_back_to_a_suggestion_prepares_what_follows_it_instead_of_what_was_prepared() -> None:
    made, engine = await completer(
        replace(QUICK, prepare_next=True), replies=["b = a", "", "y = 2", "slow " * 1000, "\n    c = b", ""]
    )
    await made.suggest(*place())
    await made._finish_ahead()
    made._remembered._entries.pop()  # what follows the first one has not been prepared yet
    engine.seconds_per_token = 0.05
    await made.suggest(*place("y ="))
    while len(engine.requests) < 4:
        await asyncio.sleep(0.01)
    assert made.reading_ahead
    again = await made.suggest(*place())
    assert again is not None and again.remembered
    followed = await made.suggest(*place("b = a"))
    assert followed is not None and followed.text == "\n    c = b" and len(engine.requests) in (5, 6)
    await made.close()


async def test_what_would_add_a_fault_is_not_offered_and_not_asked_again() -> None:
    made, engine = await completer(replies=["a = (1"])
    assert await made.suggest(*place()) is None
    assert await made.suggest(*place()) is None
    assert len(engine.requests) == 1


async def test_lines_are_shown_while_a_longer_suggestion_comes() -> None:
    made, _ = await completer(replies=["for b in a:\n        print(b)\n        print(a)\n    x = 1"])
    grown: list[Suggestion] = []
    found = await made.suggest(*place(), grows=grown.append)
    assert found is not None and found.text == "for b in a:\n        print(b)\n        print(a)" and found.whole
    first = "for b in a:\n        print(b)"
    assert [one.text for one in grown] == [first, f"{first}\n        print(a)"] and not grown[0].whole
    assert (found.first_line, found.first_word) == ("for b in a:", "for")


async def test_alternatives_differ_and_the_first_is_the_suggestion() -> None:
    made, engine = await completer(replies=["x = 1", "x = 1", "y = 2", "a = ((", "z = 3"])
    found = await made.alternatives(*place(), count=3)
    assert [one.text for one in found] == ["x = 1", "y = 2", "z = 3"]
    assert engine.requests[0].sampling.temperature == 0 and engine.requests[1].sampling.temperature > 0


async def test_reading_ahead_says_nothing_and_ends_when_something_is_asked() -> None:
    made, engine = await completer(replies=["x = 1"], seconds_to_read=60)
    made.prefetch(*place())
    while not engine.read_ahead:
        await asyncio.sleep(0.01)
    assert await made.suggest(*place()) is not None
    assert engine.cancelled == 1 and engine.requests[0].prompt == engine.read_ahead[0].prompt


async def test_what_was_read_is_not_read_again_until_the_place_or_the_model_is_another() -> None:
    made, engine = await completer(replies=["x = 1"])
    for times in (1, 1):
        made.prefetch(*place())
        await made._finish_ahead()
        assert len(engine.read_ahead) == times
    assert await made.suggest(*place("x")) is not None
    made.prefetch(*place("x"))
    assert not made.reading_ahead, "the request has read it"
    made.prefetch(Document("pass\n", PYTHON), 0, "a.py")
    await made._finish_ahead()
    assert len(engine.read_ahead) == 2
    await engine.load(ModelSpec("/models/scripted.gguf"))
    made.prefetch(Document("pass\n", PYTHON), 0, "a.py")
    await made._finish_ahead()
    assert len(engine.read_ahead) == 3, "it was loaded anew, perhaps with other adapters"


async def test_what_was_not_read_to_its_end_is_read_when_one_rests_again() -> None:
    made, engine = await completer(replies=["x = 1"], seconds_to_read=60)
    made.prefetch(*place())
    while not engine.read_ahead:
        await asyncio.sleep(0)
    made.stop_reading()
    assert not made.reading_ahead
    engine.seconds_to_read = 0.0
    made.prefetch(*place())
    await made._finish_ahead()
    assert len(engine.read_ahead) == 2 and engine.read_ahead[0].prompt == engine.read_ahead[1].prompt


async def test_cancel_ends_all() -> None:
    made, engine = await completer(replies=["x = 1"], seconds_per_token=0.1)
    call = asyncio.create_task(made.suggest(*place()))
    while not engine.requests:
        await asyncio.sleep(0.01)
    made.cancel()
    assert await call is None and engine.cancelled == 1
    call = asyncio.create_task(made.suggest(*place()))
    await asyncio.sleep(0.05)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await asyncio.sleep(0.01)
    assert engine.cancelled == 2


async def test_another_model_says_other_things() -> None:
    made, engine = await completer(replies=["x = 1", "y = 2"])
    assert await made.suggest(*place()) is not None
    await engine.load(ModelSpec("/models/other.gguf"))
    other = await made.suggest(*place())
    assert other is not None and other.text == "y = 2"


async def test_model_that_fills_no_gaps_is_never_asked() -> None:
    engine = ScriptedEngine()
    await engine.load(ModelSpec("/models/chat.gguf"))
    made = Completer(engine)
    made.prefetch(*place())
    assert not made.available and await made.suggest(*place()) is None and await made.alternatives(*place()) == ()
    assert engine.requests == []


async def test_crash_is_raised_where_somebody_waits_and_the_next_call_goes_on() -> None:
    made, engine = await completer(replies=["x = 1"], crash_after=0)
    with pytest.raises(EngineCrashed):
        await made.suggest(*place())
    await engine.load(ModelSpec("/models/scripted.gguf"))
    assert await made.suggest(*place()) is not None


async def test_what_was_touched_elsewhere_goes_into_the_next_prompt() -> None:
    made, engine = await completer(replies=["x = 1"])
    made.touched(Document("def helper():\n    return 2\n", PYTHON), Span(3, 3), "other.py")
    await made.suggest(*place())
    prompt = engine.requests[0].prompt
    assert isinstance(prompt, InfillPrompt) and "def helper():" in prompt.prefix


async def test_what_is_remembered_is_what_can_be_typed() -> None:
    """Judged is what will stand in the file: with the blank as it came this would be offered and drawn as `b =a`."""
    made, engine = await completer(replies=["b =\xa0a\u200b"])
    found = await made.suggest(*place())
    assert found is not None and found.text == "b = a"
    typed = await made.suggest(*place("b = "))
    assert typed is not None and typed.text == "a" and len(engine.requests) == 1


@pytest.mark.parametrize("reply", ["b = a\n    if b:\n        c(b)\n", "if a:\r\n        b(a)\r\n        c(a)\r\n"])
async def test_suggestion_has_the_line_ends_of_its_document(reply: str) -> None:
    source = "def f(a):\r\n    |\r\n"
    made, _ = await completer(replies=[reply])
    grown: list[Suggestion] = []
    document, cursor = Document(source.replace("|", ""), PYTHON), source.index("|")
    found = await made.suggest(document, cursor, "a.py", grows=grown.append)
    assert found is not None and found.text == reply.replace("\r", "").replace("\n", "\r\n").rstrip()
    assert grown and all(found.text.startswith(one.text) for one in grown)


async def test_alternatives_end_when_something_else_is_asked_or_all_is_cancelled() -> None:
    made, engine = await completer(replies=["x = 1", "slow " * 1000, "z = 3"])
    others = asyncio.create_task(made.alternatives(*place()))
    while len(engine.requests) < 2:
        await asyncio.sleep(0)
    engine.seconds_per_token = 0.01
    newer = await made.suggest(*place("z"), debounce=0)
    assert newer is not None and [one.text for one in await others] == ["x = 1"]
    assert len(engine.requests) == 3
    others = asyncio.create_task(made.alternatives(*place("q")))
    while len(engine.requests) < 4:
        await asyncio.sleep(0)
    made.cancel()
    assert await others == () and len(engine.requests) == 4


async def test_line_for_which_there_was_no_room_is_not_offered_by_half() -> None:
    reply = "for b in a:\n        print(b)\n        total = total + b"
    made, _ = await completer(replace(QUICK, most_tokens=9), replies=[reply])
    found = await made.suggest(*place())
    assert found is not None and found.text == "for b in a:\n        print(b)"
    made, _ = await completer(replace(QUICK, most_tokens=64), replies=[reply])
    whole = await made.suggest(*place())
    assert whole is not None and whole.text == reply
