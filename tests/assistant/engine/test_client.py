"""The engine with the real starter model: replies, cancel, crash and restart, hostile files, no orphans."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from assistant.engine.api import (
    ChatMessage,
    ChatPrompt,
    Chunk,
    EngineCrashed,
    EngineError,
    GenerationRequest,
    GenerationStats,
    InfillPrompt,
    ModelRefused,
    ModelSpec,
    Prefill,
    PromptTooLong,
    Sampling,
    TextChunk,
    TextPrompt,
    TokenPrompt,
)
from assistant.engine.blocking import BlockingEngine
from assistant.engine.client import EngineClient
from assistant.engine.stop_flag import StopFlag

pytestmark = pytest.mark.slow

GREEDY = Sampling(temperature=0)
STORY = TextPrompt("Once upon a time there was a little girl who lived in")


def request(prompt: object = STORY, max_tokens: int = 16, **rest: object) -> GenerationRequest:
    return GenerationRequest(prompt, max_tokens, **({"sampling": GREEDY} | rest))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def engine(starter_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlockingEngine]:
    os.environ["WIZARD_HOME"] = str(tmp_path_factory.mktemp("home"))
    with BlockingEngine() as engine:
        engine.load(ModelSpec(str(starter_model), context_size=512))
        yield engine


@pytest_asyncio.fixture
async def client(starter_model: Path) -> AsyncIterator[EngineClient]:
    client = EngineClient()
    await client.load(ModelSpec(str(starter_model), context_size=1024))
    yield client
    await client.close()


def test_says_what_it_loaded(engine: BlockingEngine) -> None:
    loaded = engine.loaded
    assert loaded is not None
    assert (loaded.architecture, loaded.layers, loaded.vocabulary_size) == ("llama", 30, 49152)
    assert (loaded.context_size, loaded.trained_context_size) == (512, 8192)
    assert loaded.chat_format == "model's own template"
    assert not loaded.infill


def test_answers_a_question(engine: BlockingEngine) -> None:
    prompt = ChatPrompt((ChatMessage("user", "What is the capital of France? Answer with one word."),))
    chunks = list(engine.generate(request(prompt, 32)))
    assert "Paris" in "".join(chunk.text for chunk in chunks if isinstance(chunk, TextChunk))
    assert isinstance(chunks[0], Prefill)
    assert isinstance(chunks[-1], GenerationStats)
    assert chunks[-1].stop_reason == "end"
    assert sum(isinstance(chunk, GenerationStats) for chunk in chunks) == 1


def test_accounts_are_exact(engine: BlockingEngine) -> None:
    text, stats = engine.reply(request(max_tokens=7))
    assert (stats.completion_tokens, stats.stop_reason) == (7, "length")
    assert stats.prompt_tokens == engine.count_tokens(STORY) == len(engine.tokenize(STORY.text))
    assert tuple(engine.tokenize(STORY.text + text))[: stats.prompt_tokens] == tuple(engine.tokenize(STORY.text))
    nothing, none = engine.reply(request(max_tokens=0))
    assert (nothing, none.completion_tokens, none.stop_reason) == ("", 0, "length")


def test_what_both_prompts_begin_with_is_computed_once(engine: BlockingEngine) -> None:
    first, _ = engine.reply(request(TextPrompt("The quick brown fox " * 20), 8))
    again, stats = engine.reply(request(TextPrompt("The quick brown fox " * 20), 8))
    assert again == first
    assert stats.cached_tokens == stats.prompt_tokens - 1
    _, grown = engine.reply(request(TextPrompt("The quick brown fox " * 20 + first + " and"), 1))
    assert grown.cached_tokens >= stats.prompt_tokens + 5
    _, other = engine.reply(request(TextPrompt("A story."), 1))
    assert other.cached_tokens == 0


def test_seed_makes_sampling_repeatable(engine: BlockingEngine) -> None:
    hot = Sampling(temperature=1.2, seed=7, repeat_penalty=1.1, dry_multiplier=0.5)
    texts = {engine.reply(request(sampling=hot))[0] for _ in range(3)}
    assert len(texts) == 1
    others = {engine.reply(request(sampling=Sampling(temperature=1.2, seed=seed)))[0] for seed in (1, 2, None)}
    assert len(others) > 1


def test_stop_string_ends_the_reply_before_it(engine: BlockingEngine) -> None:
    whole, _ = engine.reply(request(max_tokens=12))
    stop = whole[len(whole) // 2 :][:4]
    text, stats = engine.reply(request(max_tokens=12, stop=("never there", stop)))
    assert text == whole[: whole.index(stop)]
    assert stats.stop_reason == "stop"


def test_grammar_is_followed_and_a_broken_one_refused(engine: BlockingEngine) -> None:
    yes_or_no = Sampling(temperature=0.8, seed=1, grammar='root ::= "yes" | "no"')
    text, stats = engine.reply(request(sampling=yes_or_no))
    assert text in ("yes", "no")
    assert stats.stop_reason == "end"
    for broken in ("", "toor ::= [a-z]", 'root ::= "a" ("b"', "root ::= missing", "\x00", "ro\u00e9t"):
        with pytest.raises(EngineError, match="grammar"):
            engine.reply(request(sampling=Sampling(grammar=broken)))
    assert engine.reply(request())[1].completion_tokens == 16


def test_grammar_holds_from_its_trigger_on_and_prose_before_it_is_free(engine: BlockingEngine) -> None:
    prompt = TextPrompt("Numbers.\nanswer: 1\nanswer: 2\nanswer: 3\n")
    free, _ = engine.reply(request(prompt, 12))
    assert free.startswith("answer: 4")
    lazy = Sampling(temperature=0, grammar='root ::= (" seven" | " eight") "!" "\\n"', grammar_after="answer:")
    text, stats = engine.reply(request(prompt, 12, sampling=lazy))
    assert text in ("answer: seven!\n", "answer: eight!\n")
    assert stats.stop_reason == "end"


def test_prompt_that_does_not_fit_is_refused_with_figures(engine: BlockingEngine) -> None:
    with pytest.raises(PromptTooLong) as refused:
        engine.reply(request(TextPrompt("word " * 1000)))
    assert refused.value.context_size == 512
    assert refused.value.tokens > 950


def test_full_context_ends_the_reply_and_says_so(engine: BlockingEngine) -> None:
    _, stats = engine.reply(request(TokenPrompt((100,) * 490), 100))
    assert stats.stop_reason in ("context_full", "end")
    assert stats.prompt_tokens + stats.completion_tokens <= 513
    assert stats.stop_reason == "context_full"


def test_model_without_infill_tokens_says_so(engine: BlockingEngine) -> None:
    with pytest.raises(EngineError, match="cannot fill in the middle"):
        engine.reply(request(InfillPrompt("a", "b")))


def test_tokens_that_do_not_exist_are_an_error_and_no_crash(engine: BlockingEngine) -> None:
    for token in (49152, -3, 2**32 + 5):
        with pytest.raises(EngineError, match="0 to 49,151"):
            engine.reply(request(TokenPrompt((7, token))))
    assert engine.reply(request())[1].completion_tokens == 16


async def _first_text(chunks: AsyncIterator[Chunk]) -> TextChunk:
    async for chunk in chunks:
        if isinstance(chunk, TextChunk):
            return chunk
    raise AssertionError("no text came")


async def _last(chunks: AsyncIterator[Chunk]) -> Chunk:
    return [chunk async for chunk in chunks][-1]


async def test_closing_the_iterator_frees_the_engine_at_once(client: EngineClient) -> None:
    chunks = client.generate(request(max_tokens=900))
    await _first_text(chunks)
    await chunks.aclose()
    started = time.monotonic()
    await _first_text(client.generate(request(TextPrompt("Hello"), 1)))
    assert time.monotonic() - started < 3


async def test_cancel_ends_running_and_waiting_replies_with_their_accounts(client: EngineClient) -> None:
    prompts = TextPrompt("A long story:"), TextPrompt("word " * 900)
    tasks = [asyncio.create_task(_last(client.generate(request(prompt, 900)))) for prompt in prompts]
    await asyncio.sleep(0.7)
    client.cancel()
    for stats in await asyncio.wait_for(asyncio.gather(*tasks), 5):
        assert isinstance(stats, GenerationStats)
        assert stats.stop_reason == "cancelled"
    assert (await _first_text(client.generate(request()))).text


async def test_cancel_of_what_runs_reaches_a_worker_whose_threads_do_not_run(
    starter_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags: list[StopFlag] = []

    class Kept(StopFlag):
        def __init__(self, descriptor: int) -> None:
            super().__init__(descriptor)
            flags.append(self)

    monkeypatch.setattr("assistant.engine.worker_process.StopFlag", Kept)
    client = EngineClient(remember=False)
    await client.load(ModelSpec(str(starter_model), context_size=512))
    assert client.worker_pid is not None
    chunks = client.generate(request(max_tokens=400))
    await _first_text(chunks)
    os.kill(client.worker_pid, signal.SIGSTOP)
    waiting = asyncio.create_task(_last(client.generate(request(max_tokens=5))))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert not flags[0].raised, "who is not computed costs the others no batch"
    client.cancel()
    assert flags[0].raised, "llama.cpp sees it when it next looks, whoever else waits for a core"
    os.kill(client.worker_pid, signal.SIGCONT)
    stats = await asyncio.wait_for(_last(chunks), 30)
    assert isinstance(stats, GenerationStats)
    assert stats.stop_reason == "cancelled"
    assert not flags[0].raised
    await client.close()


async def test_what_is_read_ahead_makes_way_for_a_question_and_is_of_use_to_it(client: EngineClient) -> None:
    text = " ".join(str(n) for n in range(280))
    reading = client.generate(request(TextPrompt(text), 0))
    async for chunk in reading:
        if isinstance(chunk, Prefill) and chunk.done > 0:
            break
    asked = [chunk async for chunk in client.generate(request(TextPrompt(text[:400]), 1))]
    last = [chunk async for chunk in reading][-1]
    assert isinstance(last, GenerationStats)
    assert last.stop_reason == "cancelled"
    assert isinstance(asked[-1], GenerationStats)
    assert asked[-1].cached_tokens >= chunk.done - 1


async def test_cancel_in_the_middle_of_a_long_prompt_keeps_the_cache_right(client: EngineClient) -> None:
    prompt = TextPrompt(" ".join(str(n) for n in range(120)))
    fresh = EngineClient()
    await fresh.load(client.loaded and ModelSpec(client.loaded.path, context_size=1024))  # type: ignore[arg-type]
    wanted = "".join([c.text async for c in fresh.generate(request(prompt)) if isinstance(c, TextChunk)])
    await fresh.close()
    for pause in (0.02, 0.1, 0.3):
        task = asyncio.create_task(_first_text(client.generate(request(prompt))))
        await asyncio.sleep(pause)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert "".join([c.text async for c in client.generate(request(prompt)) if isinstance(c, TextChunk)]) == wanted


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGABRT, signal.SIGSEGV])
async def test_killed_worker_is_told_in_a_sentence_and_the_next_request_works(
    client: EngineClient, how: signal.Signals
) -> None:
    chunks = client.generate(request(max_tokens=900))
    await _first_text(chunks)
    pid = client.worker_pid
    assert pid is not None
    os.kill(pid, how)
    with pytest.raises(EngineCrashed, match="ended while generating") as crashed:
        async for _ in chunks:
            pass
    assert crashed.value.why
    assert crashed.value.hint
    assert client.loaded is None
    assert (await _first_text(client.generate(request()))).text
    assert client.loaded is not None
    assert client.worker_pid != pid


async def test_refused_file_leaves_the_old_model_in_use(client: EngineClient, tmp_path: Path) -> None:
    path = tmp_path / "no.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    pid = client.worker_pid
    with pytest.raises(ModelRefused):
        await client.load(ModelSpec(str(path)))
    assert (await _first_text(client.generate(request()))).text
    assert client.worker_pid == pid


async def test_hostile_models_end_in_a_sentence_and_never_the_app(
    client: EngineClient, starter_model: Path, tmp_path: Path
) -> None:
    """Headers that pass our own check and lie to llama.cpp: damaged numbers, types, names and weights."""
    data = starter_model.read_bytes()
    path = tmp_path / "hostile.gguf"
    keys = {
        b"llama.attention.head_count\x04\x00\x00\x00": [0, 7, 2**31],
        b"llama.rope.dimension_count\x04\x00\x00\x00": [0, 2**31],
        b"llama.feed_forward_length\x04\x00\x00\x00": [0, 2**32 - 1],
        b"llama.block_count\x04\x00\x00\x00": [1, 31, 2**31],
        b"tokenizer.ggml.bos_token_id\x04\x00\x00\x00": [4_000_000_000],
    }
    cases = [(data.index(key) + len(key), value) for key, values in keys.items() for value in values]
    for at, value in cases:
        path.write_bytes(data[:at] + struct.pack("<I", value) + data[at + 4 :])
        try:
            await asyncio.wait_for(client.load(ModelSpec(str(path), context_size=256)), 20)
            await asyncio.wait_for(_first_text(client.generate(request(max_tokens=1))), 20)
        except EngineError as error:
            assert error.what
            assert error.why
    path.write_bytes(data[: len(data) // 2] + b"\xff" * 4096 + data[len(data) // 2 + 4096 :])
    with pytest.raises(ModelRefused):
        await client.load(ModelSpec(str(path), context_size=256))
    await client.load(ModelSpec(str(starter_model), context_size=256))
    assert (await _first_text(client.generate(request()))).text


async def test_model_too_big_for_memory_is_refused_before_it_is_loaded(
    client: EngineClient, starter_model: Path
) -> None:
    with pytest.raises(ModelRefused, match="too big for this machine") as refused:
        await client.load(ModelSpec(str(starter_model), context_size=2**31))
    assert "GB" in refused.value.why or "TB" in refused.value.why
    assert (await _first_text(client.generate(request()))).text


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_worker_and_its_children_die_with_a_killed_app(starter_model: Path) -> None:
    code = (
        "import sys, time\n"
        "from assistant.engine.api import *\n"
        "from assistant.engine.blocking import BlockingEngine\n"
        "engine = BlockingEngine()\n"
        f"engine.load(ModelSpec({str(starter_model)!r}, context_size=512))\n"
        "print(engine._client.worker_pid, flush=True)\n"
        "for chunk in engine.generate(GenerationRequest(TextPrompt('A story'), 400)): pass\n"
    )
    app = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert app.stdout is not None
    worker = int(app.stdout.readline())
    family = [worker, *(int(p) for p in Path(f"/proc/{worker}/task/{worker}/children").read_text().split())]
    assert len(family) > 1, "the template's process is part of it"
    app.kill()
    app.wait()
    app.stdout.close()
    deadline = time.monotonic() + 5
    while any(_alive(pid) for pid in family) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not [pid for pid in family if _alive(pid)]


async def test_file_that_vanishes_is_named_when_the_model_is_needed_again(starter_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    shutil.copyfile(starter_model, path)
    client = EngineClient()
    await client.load(ModelSpec(str(path), context_size=256))
    path.unlink()
    assert client.worker_pid is not None
    os.kill(client.worker_pid, signal.SIGKILL)
    await asyncio.sleep(0.2)
    with pytest.raises(ModelRefused, match="no such file"):
        await _first_text(client.generate(request()))
    await client.close()


async def test_without_a_model_a_request_says_what_to_do() -> None:
    with pytest.raises(EngineError, match="no model is loaded"):
        await _first_text(EngineClient().generate(request()))


def test_nothing_of_llama_cpp_is_printed_by_the_app(starter_model: Path) -> None:
    code = (
        "from assistant.engine.api import *\n"
        "from assistant.engine.blocking import BlockingEngine\n"
        "with BlockingEngine() as engine:\n"
        f"    engine.load(ModelSpec({str(starter_model)!r}, context_size=2**14))\n"
        "    print(engine.reply(GenerationRequest(TextPrompt('1 2 3'), 2, Sampling(temperature=0)))[1].stop_reason)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("length\n", "")
