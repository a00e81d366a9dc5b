"""Every architecture of the table: what llama.cpp computes from our file is what transformers computes."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quantize.architectures import ARCHITECTURES
from quantize.llama_model import LlamaModel
from quantize.writing.convert import convert
from tests.fakes.nasty_text import CODE_LINES
from tests.fakes.tiny_checkpoints import tiny_checkpoint

Make = Callable[[str], Path]
TOLERANCE = 2e-3


def logits_of(folder: Path, ids: list[int]) -> np.ndarray[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with torch.no_grad():
        return np.asarray(model(torch.tensor([ids])).logits[0])


def greedy(logits: Callable[[list[int], int], np.ndarray[Any, Any]], prompt: list[int], count: int) -> list[int]:
    out: list[int] = []
    row = logits(prompt, 0)[-1]
    while len(out) < count:
        out.append(int(row.argmax()))
        row = logits(out[-1:], len(prompt) + len(out) - 1)[-1]
    return out


def some_ids(folder: Path, count: int = 64) -> list[int]:
    from tokenizers import Tokenizer

    size = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab_size()
    return [int(i) for i in np.random.default_rng(5).integers(100, size - 400, count)]


@pytest.fixture(params=list(ARCHITECTURES))
def architecture(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def gguf(architecture: str, converted: Make) -> Iterator[LlamaModel]:
    model = LlamaModel(converted(architecture), 256)
    yield model
    model.close()


def test_logits_and_greedy_text_equal_those_of_transformers(
    architecture: str, checkpoint: Make, gguf: LlamaModel
) -> None:
    from quantize.proof.transformers_model import TransformersModel

    ids = some_ids(checkpoint(architecture))
    right = TransformersModel(checkpoint(architecture))
    found = gguf.logits(ids, 0).copy()
    assert np.abs(found - right.logits(ids, 0)).max() <= TOLERANCE
    assert found.std() > 0.3, "logits so alike that any error would pass"
    gguf.forget()
    right.forget()
    assert greedy(gguf.logits, ids[:8], 64) == greedy(right.logits, ids[:8], 64)


def test_text_becomes_the_same_tokens(architecture: str, checkpoint: Make, gguf: LlamaModel) -> None:
    from tokenizers import Tokenizer

    right = Tokenizer.from_file(str(checkpoint(architecture) / "tokenizer.json"))
    lines = list(CODE_LINES)
    if architecture == "qwen2":  # its tokenizer composes characters first (NFC), which llama.cpp does not
        lines = [unicodedata.normalize("NFC", line) for line in lines]
    encoded = [row.ids for row in right.encode_batch(lines, add_special_tokens=False)]
    wrong = [line for line, ids in zip(lines, encoded, strict=True) if gguf.tokenize(line, special=True) != ids]
    assert len(lines) >= 5000
    assert not wrong, f"{len(wrong)} lines, first {wrong[0]!r}"


def test_beginning_and_end_of_text_are_added_as_by_the_tokenizer(
    architecture: str, checkpoint: Make, gguf: LlamaModel
) -> None:
    from tokenizers import Tokenizer

    ids = Tokenizer.from_file(str(checkpoint(architecture) / "tokenizer.json")).encode("x").ids
    assert gguf.adds_bos == (ids[0] == gguf.bos and len(ids) > 1)


@pytest.mark.parametrize(
    ("architecture", "vocabulary", "overrides"),
    [
        pytest.param("llama", "deepseek-coder", {"tie_word_embeddings": True}, id="tied"),
        pytest.param("llama", "deepseek-coder", {"attention_bias": True, "mlp_bias": True}, id="biases"),
        pytest.param("llama", "deepseek-coder", {"head_dim": 32}, id="wide-heads"),
        pytest.param(
            "llama",
            "deepseek-coder",
            {"rope_scaling": {"rope_type": "linear", "factor": 4.0}, "rope_theta": 100000.0},
            id="linear-rope",
        ),
        pytest.param(
            "llama",
            "deepseek-coder",
            {
                "rope_scaling": {
                    "rope_type": "llama3",
                    "factor": 8.0,
                    "low_freq_factor": 1.0,
                    "high_freq_factor": 4.0,
                    "original_max_position_embeddings": 32,
                }
            },
            id="llama3-rope",
        ),
        pytest.param(
            "qwen2",
            "starcoder",
            {"rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 128}},
            id="yarn",
        ),
        pytest.param("starcoder2", "starcoder", {"tie_word_embeddings": False, "sliding_window": 512}, id="untied"),
        pytest.param("gpt2", "gpt-2", {"scale_attn_by_inverse_layer_idx": True, "n_inner": 160}, id="codeparrot"),
        pytest.param("gpt_bigcode", "refact", {"vocab_size": 49280}, id="resized-vocabulary"),
    ],
)
def test_variants_equal_transformers_too(
    architecture: str, vocabulary: str, overrides: dict[str, Any], shared: Path, tmp_path: Path
) -> None:
    vocab = shared / "data" / "vocab" / f"ggml-vocab-{vocabulary}.gguf"
    folder = tiny_checkpoint(tmp_path / "checkpoint", architecture, vocab, **overrides)
    out = tmp_path / "model.gguf"
    convert(folder, out, kind="F32")
    model = LlamaModel(out, 128)
    ids = some_ids(folder)
    difference = np.abs(model.logits(ids, 0) - logits_of(folder, ids)).max()
    model.close()
    assert difference <= TOLERANCE
