"""What is wrong with a checkpoint is told in one sentence, before anything is written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quantize.architectures.rope import rope_factors, rope_settings
from quantize.errors import QuantizeError
from quantize.reading.checkpoint import Config
from quantize.writing.convert import convert

Make = Callable[[str], Path]


@pytest.fixture
def copied(checkpoint: Make, tmp_path: Path) -> Path:
    return Path(shutil.copytree(checkpoint("gpt_bigcode"), tmp_path / "copied"))


def refused(folder: Path, tmp_path: Path, **options: Any) -> str:
    out = tmp_path / "out.gguf"
    out.write_bytes(b"old")
    with pytest.raises(QuantizeError) as caught:
        convert(folder, out, **options)
    assert out.read_bytes() == b"old"
    assert not list(tmp_path.glob("*.partial")) + list(tmp_path.glob(".*.partial"))
    return caught.value.sentence()


def set_config(folder: Path, **values: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def set_tensors(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    from safetensors.numpy import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors")


def test_unknown_architecture_is_named_with_the_known_ones(copied: Path, tmp_path: Path) -> None:
    set_config(copied, model_type="mamba")
    told = refused(copied, tmp_path)
    assert "mamba" in told
    assert "gpt_bigcode, starcoder2, llama, qwen2, qwen3, gpt2" in told
    assert "quantize/architectures" in told


@pytest.mark.parametrize("length", [0, 4, 9, 1000, 3_000_000])
def test_truncated_weights(length: int, copied: Path, tmp_path: Path) -> None:
    path = copied / "model.safetensors"
    path.write_bytes(path.read_bytes()[:length])
    assert "model.safetensors" in refused(copied, tmp_path)


def test_missing_shard(copied: Path, tmp_path: Path) -> None:
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (copied / "model.safetensors.index.json").write_text(json.dumps(index))
    (copied / "model.safetensors").rename(copied / "model-00001-of-00002.safetensors")
    assert "1 of its 2 files are missing, model-00002-of-00002.safetensors first" in refused(copied, tmp_path)


def test_index_cannot_reach_out_of_its_folder(copied: Path, tmp_path: Path) -> None:
    (copied / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": "../secret.safetensors"}}))
    assert "outside of its folder" in refused(copied, tmp_path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers(value: float, copied: Path, tmp_path: Path) -> None:
    def change(tensors: dict[str, Any]) -> None:
        tensors["transformer.h.1.mlp.c_fc.weight"][3, 5] = value

    set_tensors(copied, change)
    assert "transformer.h.1.mlp.c_fc.weight holds values that are NaN or infinite" in refused(copied, tmp_path)


def test_values_too_large_for_f16(copied: Path, tmp_path: Path) -> None:
    def change(tensors: dict[str, Any]) -> None:
        tensors["transformer.h.0.mlp.c_fc.weight"][0, 0] = 1e6

    set_tensors(copied, change)
    assert "--float bf16" in refused(copied, tmp_path, kind="F16")
    convert(copied, tmp_path / "ok.gguf", kind="BF16")


def test_wrong_shape_and_missing_and_foreign_tensors(copied: Path, tmp_path: Path) -> None:
    def wrong(tensors: dict[str, Any]) -> None:
        tensors["transformer.ln_f.weight"] = tensors["transformer.ln_f.weight"][:-1]

    def missing(tensors: dict[str, Any]) -> None:
        del tensors["transformer.ln_f.weight"]

    def foreign(tensors: dict[str, Any]) -> None:
        tensors["transformer.ln_f.weight"] = tensors["transformer.ln_f.bias"]
        tensors["transformer.extra"] = tensors["transformer.ln_f.bias"]

    set_tensors(copied, wrong)
    assert "transformer.ln_f.weight is 63 and config.json makes it 64" in refused(copied, tmp_path)
    set_tensors(copied, missing)
    assert "transformer.ln_f.weight is missing" in refused(copied, tmp_path)
    set_tensors(copied, foreign)
    assert "transformer.extra first" in refused(copied, tmp_path)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"multi_query": False}, "multi_query"),
        ({"n_inner": 128}, "n_inner is 128"),
        ({"activation_function": "relu"}, "relu"),
        ({"n_embd": "many"}, "n_embd is 'many' and should be a positive whole number"),
        ({"n_layer": None}, "n_layer is missing"),
    ],
)
def test_shapes_that_llama_cpp_cannot_compute(values: dict[str, Any], words: str, copied: Path, tmp_path: Path) -> None:
    set_config(copied, **values)
    assert words in refused(copied, tmp_path)


@pytest.mark.parametrize(
    ("rope", "words"),
    [
        ({"rope_type": "yarn", "factor": "four"}, "factor of its rotary positions"),
        ({"rope_theta": "big"}, "rope_theta of its rotary positions is 'big'"),
        ({"rope_theta": float("nan")}, "rope_theta"),
        ({"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": [1]}, "original_max"),
        ({"rope_type": "llama3", "low_freq_factor": 0}, "low_freq_factor"),
        ({"rope_type": "llama3", "low_freq_factor": 4.0, "high_freq_factor": 4.0}, "is not over"),
        ({"partial_rotary_factor": {}}, "partial_rotary_factor"),
    ],
)
def test_rotary_positions_that_mean_nothing_are_named(rope: dict[str, Any], words: str) -> None:
    config = Config(Path("config.json"), {"model_type": "llama", "rope_parameters": rope})
    with pytest.raises(QuantizeError, match=words):
        rope_settings(config) and rope_factors(config, 8)


def test_tokenizer_that_does_not_fit_the_model(copied: Path, tmp_path: Path) -> None:
    def change(tensors: dict[str, Any]) -> None:
        tensors["transformer.wte.weight"] = tensors["transformer.wte.weight"][:49000]

    set_tensors(copied, change)
    set_config(copied, vocab_size=49000)
    assert "resize_token_embeddings" in refused(copied, tmp_path)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "tokenizer_config.json"])
@pytest.mark.parametrize("content", ["", "{", "[]", "null"])
def test_damaged_json(name: str, content: str, copied: Path, tmp_path: Path) -> None:
    (copied / name).write_text(content)
    assert refused(copied, tmp_path)


def test_folder_that_is_no_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no config.json" in refused(tmp_path / "empty", tmp_path)
    assert "no such folder" in refused(tmp_path / "nothing", tmp_path)
    assert "hf download" in refused(Path("bigcode/starcoder"), tmp_path)


def test_pickled_weights_are_read_without_running_what_is_in_them(copied: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    convert(copied, tmp_path / "right.gguf")
    tensors = load_file(copied / "model.safetensors")
    (copied / "model.safetensors").unlink()
    torch.save(tensors, copied / "pytorch_model.bin")
    convert(copied, tmp_path / "found.gguf")
    assert (tmp_path / "found.gguf").read_bytes() == (tmp_path / "right.gguf").read_bytes()

    class Canary:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "canary",)

    torch.save(tensors | {"canary": Canary()}, copied / "pytorch_model.bin")
    assert "torch refuses it" in refused(copied, tmp_path)
    assert not (tmp_path / "canary").exists()
