"""What fits into memory, how many layers go to the GPU, how many threads run."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.api import ModelRefused
from assistant.engine.footprint import (
    available_memory,
    bytes_on_gpu,
    context_size_for,
    default_threads,
    footprint,
    layers_that_fit,
    require_memory,
    scores_fit,
)
from assistant.engine.model_header import ModelHeader
from assistant.ground.cores import allowed_cpus

_MB = 1 << 20
_RESERVE = 512 * _MB


def _header(layers: int = 4, layer: int = 100 * _MB, other: int = 50 * _MB) -> ModelHeader:
    numbers = {
        "block_count": layers,
        "context_length": 16384,
        "embedding_length": 1024,
        "attention.head_count": 8,
        "attention.head_count_kv": 2,
    }
    metadata = {"general.architecture": "llama"} | {f"llama.{key}": value for key, value in numbers.items()}
    return ModelHeader(Path("model.gguf"), layers * layer + other, 0, metadata, (layer,) * layers, other)


def test_context_is_as_wanted_or_as_trained_but_not_huge() -> None:
    header = _header()
    assert context_size_for(header, 0) == 8192
    assert context_size_for(header, 100) == 100
    header.metadata["llama.context_length"] = 2048
    assert context_size_for(header, 0) == 2048
    assert context_size_for(header, 100_000) == 100_000
    numbered = replace(header, numbered_places=True)
    assert [context_size_for(numbered, wanted) for wanted in (0, 100, 100_000)] == [2048, 100, 2048]


def test_kv_cache_is_counted_by_its_heads() -> None:
    assert footprint(_header(), 1000).kv_cache == 1000 * 4 * 2 * (128 + 128) * 2


def test_scores_of_attention_are_kept_and_counted_unless_the_context_is_huge() -> None:
    header = _header()
    small, large = footprint(header, 8192), footprint(header, 1 << 20)
    assert scores_fit(header, 8192)
    assert not scores_fit(header, 1 << 20)
    assert small.scratch - large.scratch == 8 * 8192 * 256 * 4


def test_model_that_does_not_fit_is_refused_with_the_figures_and_a_way_out() -> None:
    header = _header()
    require_memory(header, 8192, available=2 << 30)
    with pytest.raises(ModelRefused) as refused:
        require_memory(header, 8192, available=300 * _MB)
    assert "of memory" in refused.value.why
    assert "are available" in refused.value.why
    assert refused.value.hint
    with pytest.raises(ModelRefused) as refused:
        require_memory(header, 1_000_000, available=3 << 30)
    assert "--context-size 250000" in refused.value.hint


@given(st.integers(0, 4000), st.integers(256, 8192))
def test_layers_on_the_gpu_never_take_more_than_is_free(free_mb: int, context_size: int) -> None:
    header = _header()
    fitting = layers_that_fit(header, context_size, [free_mb * _MB])
    assert 0 <= fitting <= 5
    assert bytes_on_gpu(header, context_size, fitting) <= max(free_mb * _MB - _RESERVE, 0)
    assert layers_that_fit(header, context_size, [free_mb * _MB, 64 << 30]) == 5


def test_no_gpu_no_layers() -> None:
    assert layers_that_fit(_header(), 4096, []) == 0
    assert bytes_on_gpu(_header(), 4096, 0) == 0


def test_memory_and_threads_of_this_machine_are_sane() -> None:
    assert 10 * _MB < available_memory() <= sys.maxsize
    assert 1 <= default_threads() <= len(allowed_cpus())
