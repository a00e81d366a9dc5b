"""Tensors and metadata are those of llama.cpp's own converter, byte for byte (`golden/make_golden.py` says how)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quantize.writing.convert import convert
from quantize.writing.floats import Float
from tests.quantize.golden.make_golden import HERE, VOCABULARIES, describe, fixed_checkpoint

OURS_ONLY = ("tokenizer.ggml.add_", "tokenizer.ggml.fim_")
"""Said explicitly here, left to llama.cpp's defaults and guesses there."""


@pytest.mark.parametrize("architecture", list(VOCABULARIES))
def test_tensors_and_metadata_equal_the_reference_converters(architecture: str, shared: Path, tmp_path: Path) -> None:
    golden = json.loads((HERE / f"{architecture}.json").read_text(encoding="utf-8"))
    folder = fixed_checkpoint(tmp_path / "golden", architecture, shared / "data" / "vocab")
    kinds: tuple[Float, ...] = ("F32", "F16", "BF16")
    for kind in kinds:
        convert(folder, tmp_path / "out.gguf", kind=kind)
        found, right = describe(tmp_path / "out.gguf"), golden[kind.lower()]
        assert found["tensors"] == right["tensors"]
        wrong = {
            k: (v, found["metadata"].get(k)) for k, v in right["metadata"].items() if found["metadata"].get(k) != v
        }
        if architecture == "llama":  # the reference garbles DeepSeek's added tokens õ, ÷ … into replacement characters
            wrong.pop("tokenizer.ggml.tokens")
        assert not wrong
        extra = [k for k in found["metadata"] if k not in right["metadata"] and not k.startswith(OURS_ONLY)]
        assert not extra
