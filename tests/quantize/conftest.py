"""Tiny checkpoints of each architecture, made once a session, and llama.cpp's reading of their conversions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from quantize.writing.convert import convert
from tests.fakes.tiny_checkpoints import tiny_checkpoint

VOCABULARIES = {
    "gpt_bigcode": "refact",
    "starcoder2": "starcoder",
    "llama": "deepseek-coder",
    "qwen2": "qwen2",
    "qwen3": "starcoder",
    "gpt2": "gpt-2",
}
"""Which real tokenizer the tiny checkpoint of an architecture gets."""


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Callable[[str], Path]:
    """A tiny random checkpoint of an architecture; the same folder each time, so it must not be changed."""
    made: dict[str, Path] = {}

    def make(architecture: str) -> Path:
        if architecture not in made:
            vocabulary = shared / "data" / "vocab" / f"ggml-vocab-{VOCABULARIES[architecture]}.gguf"
            folder = tmp_path_factory.mktemp(architecture)
            made[architecture] = tiny_checkpoint(folder / architecture, architecture, vocabulary)
        return made[architecture]

    return make


@pytest.fixture(scope="session")
def converted(checkpoint: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The same checkpoint as an f32 GGUF file."""
    made: dict[str, Path] = {}

    def make(architecture: str) -> Path:
        if architecture not in made:
            out = tmp_path_factory.mktemp("gguf") / f"{architecture}.gguf"
            convert(checkpoint(architecture), out, kind="F32")
            made[architecture] = out
        return made[architecture]

    return make
