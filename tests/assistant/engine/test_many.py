"""Many replies in one batch: none gets another's tokens, shared beginnings are computed once, all of them end."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.engine.api import (
    EngineCrashed,
    GenerationRequest,
    ModelSpec,
    PromptTooLong,
    Sampling,
    TextPrompt,
    TokenPrompt,
)
from assistant.engine.blocking import BlockingEngine
from tests.fakes.fim_gguf import write_fim_model

pytestmark = pytest.mark.slow

_WORDS = ("apple", "seven", "river", "green", "table", "music", "horse", "paper", "stone", "light", "chair", "bread")


@pytest.fixture(scope="module")
def engine(starter_model: Path) -> Iterator[BlockingEngine]:
    with BlockingEngine() as engine:
        engine.load(ModelSpec(str(starter_model), context_size=512))
        yield engine


def _repeat(word: str, length: int = 24, tokens: int = 4) -> GenerationRequest:
    return GenerationRequest(TextPrompt(f"{word}\n" * length), tokens, Sampling(temperature=0))


def test_each_reply_goes_on_with_its_own_prompt(engine: BlockingEngine) -> None:
    requests = [_repeat(word, length=10 + 3 * i, tokens=3 + i % 3) for i, word in enumerate(_WORDS)]
    replies = list(engine.generate_many(requests, parallel=5))
    assert sorted(reply.index for reply in replies) == list(range(len(_WORDS)))
    for reply in replies:
        assert reply.stats is not None
        assert reply.text.split() == [_WORDS[reply.index]] * len(reply.text.split())
        assert reply.stats.completion_tokens == 3 + reply.index % 3
        assert reply.stats.stop_reason == "length"


def test_what_prompts_begin_with_is_computed_once(engine: BlockingEngine) -> None:
    opening = "The following lists were written by a careful person who repeats every word many times over. " * 4
    shared = len(engine.tokenize(opening))
    requests = [
        GenerationRequest(TextPrompt(opening + f"{word} " * 12 + word), 3, Sampling(temperature=0)) for word in _WORDS
    ]
    replies = list(engine.generate_many(requests, parallel=6))
    cached = [reply.stats.cached_tokens for reply in replies if reply.stats is not None]
    assert sum(tokens < shared - 1 for tokens in cached) == 1, "one sequence reads it, the others take a copy"
    for reply in replies:
        assert _WORDS[reply.index] in reply.text


def test_samples_of_one_prompt_differ_by_seed_and_repeat_by_seed(engine: BlockingEngine) -> None:
    def texts() -> dict[int, str]:
        requests = [
            GenerationRequest(TextPrompt("My favourite animal is"), 8, Sampling(temperature=1.5, min_p=0, seed=seed))
            for seed in range(4)
        ]
        return {reply.index: reply.text for reply in engine.generate_many(requests, parallel=4)}

    once = texts()
    assert len(set(once.values())) > 1
    assert texts() == once


def test_request_that_cannot_be_begun_spoils_no_other(engine: BlockingEngine) -> None:
    requests = [
        _repeat("apple"),
        _repeat("word", length=2000),
        GenerationRequest(TextPrompt("word"), sampling=Sampling(grammar="root ::= (")),
        GenerationRequest(TokenPrompt((5, 10**6))),
        GenerationRequest(TokenPrompt((5, -1))),
        _repeat("river"),
    ]
    replies = {reply.index: reply for reply in engine.generate_many(requests)}
    assert isinstance(replies[1].error, PromptTooLong)
    assert all(replies[index].error is not None and replies[index].stats is None for index in range(1, 5))
    assert replies[0].text.split()[0] == "apple"
    assert replies[5].text.split()[0] == "river"


def test_more_at_once_than_llama_cpp_takes_are_answered_all_the_same(tmp_path: Path) -> None:
    with BlockingEngine() as engine:
        engine.load(ModelSpec(str(write_fim_model(tmp_path / "tiny.gguf")), context_size=256, threads=1))
        requests = [GenerationRequest(TextPrompt(f"{index:03}"), 2, Sampling(temperature=0)) for index in range(300)]
        assert len(list(engine.generate_many(requests, parallel=300))) == 300


def test_closing_early_leaves_the_engine_free_and_the_conversation_cached(engine: BlockingEngine) -> None:
    prompt = TextPrompt("A conversation that goes on for a while and is still there afterwards.")
    engine.reply(GenerationRequest(prompt, 2, Sampling(temperature=0)))
    replies = engine.generate_many([_repeat(word, tokens=200) for word in _WORDS] + [_repeat("apple", tokens=1)], 13)
    assert next(iter(replies)).index == 12
    replies.close()  # type: ignore[attr-defined]  # it is a generator
    stats = engine.reply(GenerationRequest(prompt, 2, Sampling(temperature=0)))[1]
    assert stats.cached_tokens == stats.prompt_tokens - 1


def test_nothing_asked_is_nothing_answered(engine: BlockingEngine) -> None:
    assert list(engine.generate_many([])) == []
    (reply,) = engine.generate_many([GenerationRequest(TextPrompt("a"), -5)])
    assert reply.stats is not None
    assert (reply.text, reply.stats.completion_tokens) == ("", 0)


def test_crash_keeps_the_replies_that_came_before(engine: BlockingEngine) -> None:
    requests = [_repeat("apple", tokens=1), *(_repeat(word, tokens=300) for word in _WORDS)]
    replies = engine.generate_many(requests, parallel=13)
    assert next(iter(replies)).index == 0
    pid = engine._client.worker_pid
    assert pid is not None
    os.kill(pid, 9)
    with pytest.raises(EngineCrashed, match="generating 13 replies"):
        list(itertools.islice(replies, 100))
    assert next(iter(engine.generate_many([_repeat("river")]))).text.split()[0] == "river"
