"""Filling gaps with a real code model, beside a conversation that keeps its cache and goes on."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from assistant.engine.api import (
    Chunk,
    GenerationRequest,
    GenerationStats,
    InfillPrompt,
    ModelSpec,
    PromptTooLong,
    Sampling,
    TextChunk,
    TextPrompt,
    completion_size,
)
from assistant.engine.client import EngineClient

pytestmark = pytest.mark.slow

_GREEDY = Sampling(temperature=0)
_PREFIX = 'def average(numbers):\n    """The mean of a list of numbers."""\n    total = 0\n    for number in numbers:\n'
_SUFFIX = "    return total / len(numbers)\n"


@pytest_asyncio.fixture
async def client(code_model: Path) -> AsyncIterator[EngineClient]:
    client = EngineClient(remember=False)
    await client.load(ModelSpec(str(code_model), context_size=1024))
    yield client
    await client.close()


async def _all(chunks: AsyncIterator[Chunk]) -> tuple[str, GenerationStats]:
    seen = [chunk async for chunk in chunks]
    assert isinstance(seen[-1], GenerationStats)
    return "".join(chunk.text for chunk in seen if isinstance(chunk, TextChunk)), seen[-1]


def _gap(prefix: str, suffix: str, tokens: int = 24) -> GenerationRequest:
    return GenerationRequest(InfillPrompt(prefix, suffix), tokens, _GREEDY)


async def test_gap_is_filled_with_the_line_that_is_missing(client: EngineClient) -> None:
    assert client.loaded is not None
    assert client.loaded.infill
    assert client.loaded.architecture == "starcoder"
    text, stats = await _all(client.generate(_gap(_PREFIX, _SUFFIX)))
    assert text.startswith("        total += number\n") or text == "        total += number"
    assert stats.stop_reason in ("end", "length")


async def test_completion_runs_within_a_reply_and_takes_nothing_from_its_cache(client: EngineClient) -> None:
    prompt = "".join(f"def function_{n}(x):\n    return x + {n}\n\n" for n in range(20))
    chat = GenerationRequest(TextPrompt(prompt), 120, _GREEDY)
    alone, _ = await _all(client.generate(chat))
    gap_alone, _ = await _all(client.generate(_gap(_PREFIX, _SUFFIX)))

    running = asyncio.create_task(_all(client.generate(chat)))
    await asyncio.sleep(0.1)
    gap, gap_stats = await _all(client.generate(_gap("# more\n" + _PREFIX, _SUFFIX)))
    assert not running.done() or gap_stats.time_to_first_token < 1, "the gap did not wait for the reply's end"
    text, _ = await running
    assert text[:40] == alone[:40]
    assert gap[:10] == gap_alone[:10]
    _, again = await _all(client.generate(chat))
    assert again.cached_tokens == again.prompt_tokens - 1


async def test_second_completion_reads_only_what_is_new(client: EngineClient) -> None:
    _, first = await _all(client.generate(_gap(_PREFIX, "", 1)))
    _, second = await _all(client.generate(_gap(_PREFIX + "        total", "", 1)))
    assert second.cached_tokens >= first.prompt_tokens - 3


async def test_gap_that_is_too_big_is_refused_with_its_own_limit(client: EngineClient) -> None:
    with pytest.raises(PromptTooLong) as refused:
        await _all(client.generate(_gap("word " * 1100, "")))
    assert refused.value.context_size == 1024


async def test_crash_while_completing_leaves_both_kinds_working(client: EngineClient) -> None:
    assert client.worker_pid is not None
    os.kill(client.worker_pid, 9)
    await asyncio.sleep(0.1)
    text, _ = await _all(client.generate(_gap(_PREFIX, _SUFFIX)))
    assert text.startswith("        total")
    assert (await _all(client.generate(GenerationRequest(TextPrompt("def f"), 2, _GREEDY))))[1].completion_tokens == 2


@pytest.mark.parametrize(("context", "kept"), [(512, 512), (2048, 2048), (4096, 2048), (8192, 4096), (131_072, 4096)])
def test_completion_has_room_of_its_own_beside_the_conversation(context: int, kept: int) -> None:
    assert completion_size(context) == kept
