"""The decode loop in this process, with a tiny random model: what stands in a batch, who holds up whom, what is kept."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from assistant.engine.api import (
    Choice,
    Chunk,
    GenerationRequest,
    GenerationStats,
    InfillPrompt,
    ModelSpec,
    Prefill,
    Sampling,
    TextChunk,
    TextPrompt,
)
from assistant.engine.llama.bindings import AbortCheck, Log, library
from assistant.engine.prompt.template import TemplateRenderer
from assistant.engine.stop_flag import StopFlag, new_memory
from assistant.engine.worker.crowd import Crowd
from assistant.engine.worker.decode import Portion
from assistant.engine.worker.drafting import Drafter
from assistant.engine.worker.runtime import Runtime, check_file
from tests.fakes.fim_gguf import write_fim_model

ROOT = Path(__file__).parents[4]
_LOG = Log()
CHAT, GAP = 0, 1


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    path = write_fim_model(tmp_path_factory.mktemp("model") / "tiny.gguf", context=4096)
    _LOG.install()
    renderer = TemplateRenderer()
    spec = ModelSpec(str(path), context_size=2048, threads=1)
    with new_memory() as descriptor:
        runtime = Runtime(spec, check_file(spec), _LOG, AbortCheck(StopFlag(descriptor)), renderer)
    yield runtime
    runtime.close()
    renderer.close()


class _Fixed(Drafter):
    """Guesses the same tokens at every place."""

    def __init__(self, guess: Sequence[int]) -> None:
        self._guess = guess

    def draft(self, most: int) -> Sequence[int]:
        return self._guess[:most]

    def observe(self, token: int) -> None:
        pass

    def note_batch(self, tokens: int, seconds: float) -> None:
        pass


def _start(runtime: Runtime, request: GenerationRequest, sequence: int = CHAT, number: int = 1) -> list[Chunk]:
    chunks: list[Chunk] = []
    runtime.start(number, request, sequence, time.monotonic(), chunks.append)
    return chunks


def _run(runtime: Runtime, request: GenerationRequest, guess: Sequence[int] = ()) -> tuple[list[int], GenerationStats]:
    chunks = _start(runtime, request)
    reply = runtime.decoder.running[CHAT]
    reply.drafter = _Fixed(guess) if guess else None
    while runtime.decoder.running:
        runtime.step()
    assert isinstance(chunks[-1], GenerationStats)
    return reply.tokens, chunks[-1]


def test_drafted_token_stands_only_where_the_logits_of_its_batch_would_have_chosen_it(runtime: Runtime) -> None:
    prompt = TextPrompt("def f(x): return x")
    plain, _ = _run(runtime, GenerationRequest(prompt, 12, Sampling(temperature=0)))
    guesses = [plain[1:8], [*plain[1:4], 7, *plain[5:9]], [7, 8, 9]]
    for guess in guesses:
        _start(runtime, GenerationRequest(prompt, 12, Sampling(temperature=0)))
        reply = runtime.decoder.running[CHAT]
        reply.drafter = _Fixed(guess)
        while runtime.decoder.running:
            rows = len(reply.pending) if reply.drafting else 1
            before = len(reply.tokens)
            runtime.step()
            chosen = [int(np.argmax(_logits(runtime, row - rows))) for row in range(rows)]
            new = reply.tokens[before:]
            assert new == chosen[: len(new)]
            if rows > 1:
                right = next((i for i, token in enumerate(guess[: rows - 1]) if token != chosen[i]), rows - 1)
                assert len(new) == min(right + 1, 12 - before)


def _logits(runtime: Runtime, row: int) -> np.ndarray:  # type: ignore[type-arg]
    size = runtime.model.vocabulary.size
    return np.ctypeslib.as_array(library.llama_get_logits_ith(runtime._context, row), shape=(size,))


@pytest.mark.parametrize("rank", [0, 3])
def test_drafts_leave_the_distribution_of_sampled_tokens_as_it_is(runtime: Runtime, rank: int) -> None:
    """Rejection is exact: a guess stands as often as the model would have said it, and so does each other token."""
    warm = Sampling(temperature=1.3, top_k=0, top_p=1.0, min_p=0.0)
    runtime.decoder.cache.clear()
    _run(runtime, GenerationRequest(TextPrompt("xya"), 1, warm))
    logits = _logits(runtime, -1).astype(np.float64) / 1.3
    wanted = np.exp(logits - logits.max())
    wanted /= wanted.sum()
    guess = int(np.argsort(-wanted)[rank])
    letter = runtime.model.vocabulary.tokenize("a")[0]
    rounds, seen = 600, Counter[int]()
    for seed in range(rounds):
        sampling = Sampling(temperature=1.3, top_k=0, top_p=1.0, min_p=0.0, seed=seed)
        # The first token is given, so that the second one is always drafted behind the same text.
        request = GenerationRequest(TextPrompt("xy"), 3, sampling, choices=(Choice("", ("a",), end=""),))
        tokens, stats = _run(runtime, request, [guess, guess])
        assert tokens[0] == letter
        assert stats.drafted_tokens > 0
        seen[tokens[1] if len(tokens) > 1 else -1] += 1
    for token in np.argsort(-wanted)[:5]:
        expected = wanted[token] * rounds
        assert abs(seen[int(token)] - expected) < 4.5 * np.sqrt(expected) + 1


def test_reply_ends_where_the_model_can_spell_none_of_the_texts_that_must_follow(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime.model.vocabulary, "first_of", lambda text: [])
    request = GenerationRequest(TextPrompt("x"), 20, Sampling(temperature=0), choices=(Choice("", ("~one", "~two")),))
    tokens, stats = _run(runtime, request)
    assert (tokens, stats.stop_reason) == ([], "end")


def test_completions_cost_a_reply_one_batch_each_and_nothing_of_its_cache(runtime: Runtime) -> None:
    """While many completions with long prompts come and go, every batch holds a token of the reply too."""
    # What it says is given, so that it does not end early.
    said = (Choice("", ("word " * 40,), end=""),)
    greedy = Sampling(temperature=0)
    chat = GenerationRequest(TextPrompt("the story of " * 30), 150, greedy, drafts=False, choices=said)
    _start(runtime, chat)
    reply = runtime.decoder.running[CHAT]
    while not reply.tokens:
        runtime.step()
    done = 0
    while CHAT in runtime.decoder.running:
        if GAP not in runtime.decoder.running:
            done += 1
            gap = InfillPrompt(f"# file {done}\n" + "x = 1\n" * 60, "\nprint(x)\n")
            _start(runtime, GenerationRequest(gap, 6, greedy), GAP, 100 + done)
        before = len(reply.tokens)
        runtime.step()
        assert len(reply.tokens) == before + 1 or CHAT not in runtime.decoder.running
    assert done > 5
    runtime.decoder.cancel_all()
    chunks = _start(runtime, chat, number=2)
    assert isinstance(chunks[0], Prefill)
    assert chunks[0].cached == chunks[0].total - 1
    runtime.decoder.cancel_all()


def test_reply_that_has_ended_is_taken_back_until_another_begins(runtime: Runtime) -> None:
    request = GenerationRequest(TextPrompt("xyz"), 6, Sampling(temperature=0), stop=("\0never",))
    chunks = _start(runtime, request, number=7)
    reply = runtime.decoder.running[CHAT]
    while runtime.decoder.running:
        runtime.step()
    first = list(reply.tokens)
    assert not runtime.decoder.rewind(8, 0, keep_blanks=False)
    for refused in (1, 2):
        assert runtime.decoder.rewind(7, 0, keep_blanks=False)
        assert isinstance(chunks[-1], TextChunk)
        assert (chunks[-1].text, chunks[-1].tokens) == ("", 0)
        while runtime.decoder.running:
            runtime.step()
        assert isinstance(chunks[-1], GenerationStats)
        assert chunks[-1].rewound_tokens == refused * len(first)
        assert len(reply.refused[0]) == refused
        assert reply.tokens[0] not in reply.refused[0]
    runtime.decoder.cancel_all()
    assert not runtime.decoder.rewind(7, 0, keep_blanks=False)


@pytest.mark.parametrize("tokens", [0, 1])
def test_a_prompt_is_read_in_short_batches_so_that_it_can_be_given_up_soon(runtime: Runtime, tokens: int) -> None:
    runtime.decoder.cache.clear()
    request = GenerationRequest(TextPrompt("abc" * 150), tokens, Sampling(temperature=0))
    _start(runtime, request)
    portion = runtime.decoder._portion_for(runtime.decoder.running[CHAT])
    portion.size = 64
    runtime.step()
    assert len(runtime.decoder.cache.tokens[CHAT]) == 64
    assert portion.size != 64, "the next one is as long as this one's time allows"
    runtime.decoder.cancel_all()


def test_length_of_what_is_read_at_once_follows_what_it_takes() -> None:
    portion = Portion(least=8, most=256, seconds=0.12)
    portion.note(63, 100.0)
    assert portion.size == 64, "a shorter one tells nothing"
    portion.note(64, 0.48)
    assert portion.size == 16
    portion.note(16, 100.0)
    assert portion.size == 8
    for _ in range(9):
        portion.note(portion.size, 0.001)
    assert portion.size == 256


@pytest.mark.parametrize("prompt", ["one long prompt for all " * 8, "a short one"])
def test_samples_of_one_prompt_begin_together_once_it_is_read(runtime: Runtime, prompt: str) -> None:
    said = (Choice("", ("word " * 9,), end=""),)
    request = GenerationRequest(TextPrompt(prompt), 30, Sampling(temperature=0), choices=said)
    ended: list[str] = []
    read: list[int] = []

    def finished(index: int, text: str, stats: GenerationStats) -> None:
        ended.append(text)
        read.append(stats.prompt_tokens - stats.cached_tokens)

    crowd = Crowd(runtime, [request] * 8, 8, finished, lambda *refused: None)
    steps = 0
    while sum(bool(reply.tokens) for reply in crowd._decoder.running.values()) < 8:
        crowd.step()
        steps += 1
    assert steps <= 2
    while crowd.step():
        pass
    crowd.close()
    assert len(ended) == 8
    assert sorted(read)[:7] == [0] * 7, "seven go on from the logits of the first"
    assert all(text.startswith("word " * 6) for text in ended)


def test_positions_in_the_cache_are_never_shifted() -> None:
    """Learned positions (arch starcoder) would silently be wrong: llama.cpp says that it can shift and does not."""
    calls = re.compile(r"llama_memory_seq_(add|div)\b")
    found = [path.name for path in (ROOT / "assistant").rglob("*.py") if calls.search(path.read_text(encoding="utf-8"))]
    assert found == []
