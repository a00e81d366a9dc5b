"""Taking a running reply back: the KV cache goes back with it, and what was refused is not said again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from assistant.engine.api import (
    GenerationRequest,
    GenerationStats,
    ModelSpec,
    Sampling,
    TextChunk,
    TextPrompt,
    TokenPrompt,
)
from assistant.engine.client import EngineClient

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

GREEDY = Sampling(temperature=0)
NUMBERS = TextPrompt("Here is a list of the numbers from one to one hundred:\n1\n2\n3\n4\n5\n6\n")

Judge = Callable[[str], int | None]
"""What of the text so far stands (so many characters), or None: all of it."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(starter_model: Path) -> AsyncIterator[EngineClient]:
    client = EngineClient()
    await client.load(ModelSpec(str(starter_model), context_size=512))
    yield client
    await client.close()


async def _judged(
    engine: EngineClient, request: GenerationRequest, judge: Judge, keep_blanks: bool = True
) -> tuple[str, list[str], GenerationStats]:
    """The reply as it ended, what stood at each rewind, and its accounts."""
    text, stood, asked = "", [], False
    async for chunk in engine.generate(request):
        if isinstance(chunk, TextChunk):
            if not chunk.text:
                text, asked = text[: len(text) - chunk.taken_back], False
                stood += [text] if chunk.taken_back else []
            text += chunk.text
            place = None if asked else judge(text)
            if place is not None:
                engine.rewind(request, place, keep_blanks)
                asked = True
        elif isinstance(chunk, GenerationStats):
            stats = chunk
    return text, stood, stats


def _times(places: Sequence[tuple[str, int]]) -> Judge:
    """Rewinds to each place in turn, once its text has been written."""
    left = list(places)

    def judge(text: str) -> int | None:
        if left and left[0][0] in text:
            return left.pop(0)[1]
        return None

    return judge


async def test_reply_goes_on_otherwise_from_the_place_and_the_cache_follows(engine: EngineClient) -> None:
    plain, _, _ = await _judged(engine, GenerationRequest(NUMBERS, 40, GREEDY), lambda text: None)
    place = plain.index("\n12") + 1
    request = GenerationRequest(NUMBERS, 40, GREEDY)
    text, (stood,), stats = await _judged(engine, request, _times([("13", place)]))
    assert stood == plain[:place]
    assert text.startswith(stood)
    assert not text.startswith(plain[: place + 1])
    assert stats.rewound_tokens >= 2
    assert stats.completion_tokens == 40
    # What was taken back is out of the KV cache too: computed anew without it, the reply goes on in the same way.
    line = text[place : text.index("\n", place) + 1]
    tokens = [token for part in (NUMBERS.text, stood, line) for token in await engine.tokenize(part)]
    await _judged(engine, GenerationRequest(TextPrompt("Something else"), 1, GREEDY), lambda text: None)
    anew = GenerationRequest(TokenPrompt(tuple(tokens)), 8, GREEDY)
    fresh, _, accounts = await _judged(engine, anew, lambda text: None)
    assert accounts.cached_tokens == 0
    assert text[place + len(line) :].startswith(fresh)


async def test_nothing_is_tried_twice_at_one_place(engine: EngineClient) -> None:
    plain, _, _ = await _judged(engine, GenerationRequest(NUMBERS, 24, GREEDY), lambda text: None)
    place = plain.index("\n9") + 1
    tried: list[str] = []

    def judge(text: str) -> int | None:
        if len(text) < place + 3 or len(tried) >= 4:
            return None
        tried.append(text[place : place + 3])
        return place

    text, stood, stats = await _judged(engine, GenerationRequest(NUMBERS, 24, GREEDY), judge, keep_blanks=False)
    assert len(set(tried)) == len(tried) == len(stood) == 4
    assert tried[0] == plain[place : place + 3]
    assert text.startswith(plain[:place])
    assert stats.rewound_tokens >= 4


async def test_indentation_stays_unless_it_is_what_is_wrong(engine: EngineClient) -> None:
    prompt = TextPrompt(
        "def add(a, b):\n    return a + b\n\n\ndef subtract(a, b):\n    return a - b\n\n\ndef multiply(a, b):"
    )
    begin = _times([("return", 1)])
    text, (stood,), _ = await _judged(engine, GenerationRequest(prompt, 12, GREEDY), begin)
    assert stood == "\n   " or stood == "\n    "
    assert text.startswith(stood)
    assert not text[len(stood) :].lstrip().startswith("return")
    begin = _times([("return", 0)])
    text, (stood,), _ = await _judged(engine, GenerationRequest(prompt, 12, GREEDY), begin, keep_blanks=False)
    assert stood == ""
    assert not text.startswith("\n    return")


async def test_reply_that_has_just_ended_in_the_worker_can_be_taken_back(engine: EngineClient) -> None:
    """The last text and the end come together, so the one who judges is always too late for the worker."""
    for tokens in (1, 3):
        text, stood, stats = await _judged(engine, GenerationRequest(NUMBERS, tokens, GREEDY), _times([("7", 0)]))
        assert stood == [""]
        assert text
        assert not text.startswith("7")
        assert stats.completion_tokens == tokens


async def test_stop_text_and_sampling_hold_after_a_rewind(engine: EngineClient) -> None:
    warm = Sampling(temperature=1.0, seed=3, repeat_penalty=1.1, dry_multiplier=0.5)
    request = GenerationRequest(NUMBERS, 60, warm, stop=("\n\n", "2"))
    text, stood, stats = await _judged(engine, request, _times([("\n", 0)]))
    assert len(stood) == 1
    assert "2" not in text
    assert stats.stop_reason in ("stop", "end", "length")


async def test_rewinding_behind_the_text_or_a_reply_that_is_over_changes_nothing(engine: EngineClient) -> None:
    plain, _, _ = await _judged(engine, GenerationRequest(NUMBERS, 12, GREEDY), lambda text: None)
    request = GenerationRequest(NUMBERS, 12, GREEDY)
    text, stood, stats = await _judged(engine, request, _times([("7", 1000)]))
    assert (text, stood, stats.rewound_tokens) == (plain, [], 0)
    engine.rewind(request, 0)
    assert (await _judged(engine, GenerationRequest(NUMBERS, 12, GREEDY), lambda text: None))[0] == plain


@pytest.mark.parametrize("temperature", [0, 1.0])
async def test_reply_ends_where_all_that_its_grammar_allows_was_refused(
    engine: EngineClient, temperature: float
) -> None:
    held = Sampling(temperature, seed=1, grammar='root ::= "7!" "abc"{20}')
    text, stood, stats = await _judged(engine, GenerationRequest(NUMBERS, 40, held), _times([("7!", 1)]))
    assert (text, stood, stats.stop_reason) == ("7", ["7"], "end")


async def test_drafts_go_back_too(engine: EngineClient) -> None:
    # So long that it is clear how it goes on, in a batch of any size.
    numbers = TextPrompt(NUMBERS.text + "".join(f"{n}\n" for n in range(7, 31)))
    plain, _, _ = await _judged(engine, GenerationRequest(numbers, 60, GREEDY), lambda text: None)
    place = plain.index("\n36") + 1
    told: list[str] = []
    for old_text in ("", plain):
        request = GenerationRequest(numbers, 60, GREEDY, old_text=old_text)
        text, _, _ = await _judged(engine, request, _times([("37", place)]))
        assert text.startswith(plain[:place])
        told.append(text[place:].split("\n")[0])
    assert told[0] == told[1] != "36"
