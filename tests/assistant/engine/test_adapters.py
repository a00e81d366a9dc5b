"""LoRA adapters beside the real starter model: switched without reloading it, and never mixed up in the KV cache."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from assistant.engine.api import (
    GenerationRequest,
    GenerationStats,
    ModelRefused,
    ModelSpec,
    Sampling,
    TextChunk,
    TextPrompt,
)
from assistant.engine.client import EngineClient
from tests.fakes.fim_gguf import write_fim_model
from tests.fakes.lora_gguf import write_lora

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

PROMPT = TextPrompt("Here is what I know about the city of Paris. " * 7 + "It is")
WIDTH, LAYERS = 576, 30


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(starter_model: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EngineClient]:
    os.environ["WIZARD_HOME"] = str(tmp_path_factory.mktemp("home"))
    client = EngineClient(remember=True)
    await client.load(ModelSpec(str(starter_model), context_size=512))
    yield client
    await client.close()


@pytest.fixture(scope="module")
def adapters(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("adapters")
    return [write_lora(folder / f"{seed}.gguf", WIDTH, LAYERS, seed) for seed in (1, 2)]


async def _reply(engine: EngineClient, tokens: int = 8) -> tuple[str, GenerationStats]:
    text = ""
    async for chunk in engine.generate(GenerationRequest(PROMPT, tokens, Sampling(temperature=0))):
        if isinstance(chunk, TextChunk):
            text += chunk.text
        elif isinstance(chunk, GenerationStats):
            stats = chunk
    return text, stats


async def test_adapters_are_switched_beside_the_loaded_base(engine: EngineClient, adapters: list[Path]) -> None:
    base, pid = engine.loaded, engine.worker_pid
    assert base is not None
    plain, _ = await _reply(engine)
    said = [plain]
    for chosen in (((str(adapters[0]), 1.0),), ((str(adapters[1]), 1.0),), tuple((str(a), 0.5) for a in adapters)):
        loaded = await engine.load(ModelSpec(base.path, context_size=512, adapters=chosen))
        assert (loaded.load_seconds, engine.worker_pid) == (base.load_seconds, pid), "the base was not loaded again"
        text, stats = await _reply(engine)
        assert stats.cached_tokens == 0, "what another adapter computed is not used"
        said.append(text)
    assert len(set(said)) == 4
    await engine.load(ModelSpec(base.path, context_size=512))
    again, stats = await _reply(engine)
    assert again == plain
    assert stats.cached_tokens == 0
    assert (await _reply(engine))[1].cached_tokens > 0


async def test_file_of_an_adapter_that_was_trained_on_is_read_again(engine: EngineClient, adapters: list[Path]) -> None:
    assert engine.loaded is not None
    path = adapters[0].with_name("trained.gguf")
    spec = ModelSpec(engine.loaded.path, context_size=512, adapters=((str(path), 1.0),))
    said = []
    for seed in (3, 4):
        write_lora(path, WIDTH, LAYERS, seed)
        os.utime(path, (seed, seed))
        await engine.load(spec)
        text, stats = await _reply(engine)
        assert stats.cached_tokens == 0
        said.append(text)
    assert said[0] != said[1]
    await engine.load(replace(spec, adapters=()))


async def test_refused_adapter_leaves_everything_as_it_is(
    engine: EngineClient, adapters: list[Path], tmp_path: Path
) -> None:
    assert engine.loaded is not None
    await _reply(engine)
    # The second time only the prompt's last token is computed, as it will be below: kernels differ by batch size.
    plain, _ = await _reply(engine)
    other = write_lora(tmp_path / "other.gguf", 64, 2, seed=5)
    model = write_fim_model(tmp_path / "model.gguf")
    for wrong in (str(tmp_path / "none.gguf"), str(other), str(model)):
        with pytest.raises(ModelRefused, match="cannot load the adapter"):
            await engine.load(ModelSpec(engine.loaded.path if engine.loaded else "", 512, adapters=((wrong, 1.0),)))
        text, stats = await _reply(engine)
        assert (text, stats.cached_tokens) == (plain, stats.prompt_tokens - 1)


async def test_reply_that_runs_while_adapters_change_ends_as_cancelled(
    engine: EngineClient, adapters: list[Path]
) -> None:
    assert engine.loaded is not None
    spec = ModelSpec(engine.loaded.path, context_size=512)
    running = asyncio.create_task(_reply(engine, 300))
    await asyncio.sleep(0.4)
    await engine.load(replace(spec, adapters=((str(adapters[0]), 1.0),)))
    _, stats = await asyncio.wait_for(running, 20)
    assert stats.stop_reason in ("cancelled", "end")
    await engine.load(spec)
