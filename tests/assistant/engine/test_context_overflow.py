"""A context that is full: the reply ends, and what is asked next without the oldest part is computed anew.

llama.cpp could shift what is cached to other positions instead. On StarCoder, which learned a vector for each position,
that is silently wrong, so nothing here ever does; replies are compared with those of an engine that has seen nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import assistant.engine
from assistant.engine.api import (
    ChatMessage,
    ChatPrompt,
    GenerationRequest,
    GenerationStats,
    InfillPrompt,
    ModelSpec,
    Prompt,
    PromptTooLong,
    Sampling,
    TextPrompt,
    TokenPrompt,
)
from assistant.engine.blocking import BlockingEngine

_RULES = ChatMessage("system", "You write short Python functions.")
_TURNS = tuple(
    ChatMessage(role, f"def step_{n}(x):\n    total = x + {n}\n    return total * {n}\n" * 2)
    for n in range(8)
    for role in ("user", "assistant")
)
_QUESTION = ChatMessage("user", "def last(x):")


def _model(path: Path) -> Iterator[BlockingEngine]:
    with BlockingEngine(remember=False) as engine:
        loaded = engine.load(ModelSpec(str(path), context_size=512))
        assert loaded.architecture == "starcoder"
        yield engine


@pytest.fixture
def used(code_model: Path) -> Iterator[BlockingEngine]:
    yield from _model(code_model)


@pytest.fixture
def fresh(code_model: Path) -> Iterator[BlockingEngine]:
    yield from _model(code_model)


def _ask(engine: BlockingEngine, prompt: Prompt, tokens: int = 32) -> tuple[str, GenerationStats]:
    return engine.reply(GenerationRequest(prompt, tokens, Sampling(temperature=0), drafts=False))


def _overflow(engine: BlockingEngine) -> int:
    """Talk until the context is full; returns how many of the oldest turns have to go for the next question."""
    with pytest.raises(PromptTooLong):
        _ask(engine, ChatPrompt((_RULES, *_TURNS, _QUESTION)))
    for dropped in range(2, len(_TURNS), 2):
        try:
            _, stats = _ask(engine, ChatPrompt((_RULES, *_TURNS[dropped:], _QUESTION)), 1000)
        except PromptTooLong:
            continue
        assert stats.stop_reason in ("context_full", "end")
        return dropped + 2
    raise AssertionError("nothing fits")


def test_text_that_fits_no_context_is_refused_before_it_is_tokenized(used: BlockingEngine) -> None:
    text = "def last(x):\n    return x\n" * 40_000
    for prompt in (ChatPrompt((ChatMessage("user", text),)), TextPrompt(text), InfillPrompt(text, text)):
        with pytest.raises(PromptTooLong, match="at least") as refused:
            _ask(used, prompt)
        assert refused.value.at_least and refused.value.tokens > refused.value.context_size
        assert used.count_tokens(prompt) > refused.value.tokens, "counted as its beginning suggests"
    (reply,) = used.generate_many([GenerationRequest(TextPrompt(text), 4)])
    assert isinstance(reply.error, PromptTooLong) and reply.error.at_least
    exact = used.count_tokens(TextPrompt(text[:2000]))
    guessed, whole = used.count_tokens(TextPrompt(text)), exact * len(text) / 2000
    assert abs(guessed - whole) < 0.05 * whole


@pytest.mark.slow
def test_conversation_that_outgrew_the_context_is_answered_as_by_a_fresh_one(
    used: BlockingEngine, fresh: BlockingEngine
) -> None:
    dropped = _overflow(used)
    shorter = ChatPrompt((_RULES, *_TURNS[dropped:], _QUESTION))
    text, stats = _ask(used, shorter)
    # Only what stands before the place where something went is still there; all behind it is read again.
    assert stats.prompt_tokens - stats.cached_tokens > stats.prompt_tokens // 2
    # Batches of another shape have other low bits: the fresh one begins at the same place.
    _ask(fresh, ChatPrompt((_RULES, *_TURNS[:2], _QUESTION)), 1)
    expected, other = _ask(fresh, shorter)
    assert (stats.cached_tokens, stats.prompt_tokens) == (other.cached_tokens, other.prompt_tokens)
    assert text == expected and text.strip()


@pytest.mark.slow
def test_gap_whose_window_moved_is_filled_as_by_a_fresh_one(used: BlockingEngine, fresh: BlockingEngine) -> None:
    lines = [f"value_{n} = {n} + value_{n - 1}\n" for n in range(1, 40)]
    for start in range(0, 27, 6):
        _ask(used, InfillPrompt("".join(lines[start : start + 12]), ""), 4)
    moved = InfillPrompt("".join(lines[27:39]), "")
    text, stats = _ask(used, moved)
    _ask(fresh, InfillPrompt("".join(lines[24:36]), ""), 4)
    expected, other = _ask(fresh, moved)
    assert stats.prompt_tokens - stats.cached_tokens > 100
    assert stats.cached_tokens == other.cached_tokens
    assert text == expected and text.strip()


def test_engine_never_moves_what_is_cached() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in Path(assistant.engine.__file__).parent.rglob("*.py"))
    assert "llama_memory_seq_rm" in sources
    assert not any(name in sources for name in ("memory_seq_add", "memory_seq_div", "kv_self_seq_add"))


def test_context_that_is_larger_than_the_model_s_positions_is_not_given(code_model: Path) -> None:
    with BlockingEngine(remember=False) as engine:
        assert engine.load(ModelSpec(str(code_model), context_size=8192)).context_size == 2048
        with pytest.raises(PromptTooLong, match="holds 2,048"):
            _ask(engine, TokenPrompt((7,) * 2100))
        assert _ask(engine, TextPrompt("def last(x):"), 4)[1].completion_tokens == 4
