"""Types, splits, importance matrices and measuring, on a model small enough for all of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantize.compression import compress_task
from quantize.compression.compress import Choices, compress
from quantize.compression.importance import importance
from quantize.compression.importance_file import read_importance
from quantize.compression.quant_types import QUANT_TYPES, find_type
from quantize.errors import QuantizeError
from quantize.llama_model import LlamaModel
from quantize.proof.verify import TEXT, verify
from quantize.writing.convert import convert
from quantize.writing.gguf_file import read_outline
from quantize.writing.split import split
from tests.fakes.small_tokenizer import train_tokenizer
from tests.fakes.tiny_checkpoints import save_random_model

IDS = list(range(300, 364))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("small") / "small"
    return save_random_model(
        path, "llama", train_tokenizer(), hidden_size=256, intermediate_size=512, num_hidden_layers=1
    )


@pytest.fixture(scope="module")
def base(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("base") / "base.gguf"
    convert(folder, out, kind="F32")
    return out


@pytest.fixture(scope="module")
def matrix(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("importance") / "importance.gguf"
    importance(base, TEXT, out, tokens=1024)
    return out


def logits_of(path: Path) -> np.ndarray[Any, Any]:
    model = LlamaModel(path, 128)
    found = model.logits(IDS, 0).copy()
    model.close()
    return found


def quantized(base: Path, out: Path, name: str, importance_file: Path, dry_run: bool) -> dict[str, Any]:
    """The child's side, in this process: starting one for each type would take most of the time."""
    request = {"source": str(base), "out": str(out), "type": name, "threads": 1, "allow_requantize": True}
    request |= {"pure": False, "dry_run": dry_run, "embedding_type": "", "output_type": "", "overrides": []}
    return compress_task.run(request | {"importance": str(importance_file)}, lambda *_, **__: None)


@pytest.mark.parametrize("name", list(QUANT_TYPES))
def test_llama_cpp_knows_every_type_of_the_table(name: str, base: Path, matrix: Path, tmp_path: Path) -> None:
    planned = quantized(base, tmp_path / "out.gguf", name, matrix, dry_run=True)
    assert 0 < planned["bytes"] <= base.stat().st_size
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_types_of_each_family_make_models_that_load(base: Path, matrix: Path, tmp_path: Path) -> None:
    sizes = []
    for name in ("F32", "F16", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "IQ4_XS", "Q3_K_M", "Q2_K", "IQ2_XXS", "Q1_0"):
        out = tmp_path / f"{name}.gguf"
        quantized(base, out, name, matrix, dry_run=False)
        assert len(read_outline(out).tensors) == len(read_outline(base).tensors)
        assert np.isfinite(logits_of(out)).all(), name
        sizes.append(out.stat().st_size)
    assert sizes == sorted(sizes, reverse=True)


def test_type_without_the_importance_that_it_needs_is_refused_before_work(base: Path, tmp_path: Path) -> None:
    with pytest.raises(QuantizeError, match="needs an importance matrix"):
        compress(base, tmp_path / "out.gguf", find_type("IQ1_S"))
    assert not list(tmp_path.iterdir())


def test_types_of_single_tensors_can_be_chosen(base: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.gguf"
    compress(base, out, find_type("Q4_0"), Choices(overrides=(("ffn_down", "Q8_0"),), embedding_type="Q8_0"))
    kinds = {name: place.kind for name, place in read_outline(out).tensors.items()}
    q8_0, q4_0 = 8, 2
    assert kinds["blk.0.ffn_down.weight"] == kinds["token_embd.weight"] == q8_0
    assert kinds["blk.0.ffn_up.weight"] == q4_0


def test_importance_is_the_mean_square_of_what_flows_in(folder: Path, base: Path, matrix: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    found = read_importance(matrix)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    seen: dict[str, Any] = {}
    layer = model.model.layers[0]
    layer.mlp.down_proj.register_forward_pre_hook(lambda _, inputs: seen.__setitem__("down", inputs[0]))
    layer.self_attn.q_proj.register_forward_pre_hook(lambda _, inputs: seen.__setitem__("q", inputs[0]))
    reader = LlamaModel(base, 0)
    tokens = reader.tokenize(TEXT.read_text(encoding="utf-8"), special=True)[:1024]
    sums: dict[str, Any] = {"down": 0.0, "q": 0.0}
    with torch.no_grad():
        for at in (0, 512):
            model(torch.tensor([[reader.bos, *tokens[at : at + 511]]]))
            sums = {name: sums[name] + (seen[name][0].double() ** 2).sum(0) / 1024 for name in sums}
    assert np.allclose(found["blk.0.ffn_down.weight"], sums["down"], rtol=0.02)
    assert np.allclose(found["blk.0.attn_q.weight"], sums["q"], rtol=0.02)
    assert len(found) == 7


def test_split_model_loads_by_its_first_part(base: Path, tmp_path: Path) -> None:
    names = split(base, tmp_path / "model.gguf", 1_600_000)
    assert len(names) > 2
    assert sorted(tmp_path.iterdir()) == names
    assert np.array_equal(logits_of(names[0]), logits_of(base))
    joined = compress(names[0], tmp_path / "joined.gguf", find_type("F32"))
    assert joined.tensors == len(read_outline(base).tensors)
    assert np.array_equal(logits_of(tmp_path / "joined.gguf"), logits_of(base))


@pytest.mark.slow
def test_measures_against_the_checkpoint_and_against_itself(folder: Path, base: Path, tmp_path: Path) -> None:
    same = verify(base, folder, tokens=256)
    assert same.kl_mean < 1e-6
    assert same.perplexity == pytest.approx(same.perplexity_base, rel=1e-4)
    assert same.top1_or_tied == 1.0
    compress(base, tmp_path / "q.gguf", find_type("Q4_0"))
    less = verify(tmp_path / "q.gguf", base, tokens=256, weights=True)
    assert 1e-4 < less.kl_mean < less.kl_p90 < less.kl_p99 <= less.kl_max
    assert less.kl_weights is not None
    assert 1e-4 < less.kl_weights < less.kl_mean
    assert less.bytes == (tmp_path / "q.gguf").stat().st_size


def test_models_with_other_vocabularies_are_not_compared(base: Path, tmp_path: Path) -> None:
    save_random_model(tmp_path / "other", "llama", train_tokenizer(), vocab_size=1600)
    convert(tmp_path / "other", tmp_path / "other.gguf")
    with pytest.raises(QuantizeError, match=r"1,504 tokens and .* has 1,600"):
        verify(base, tmp_path / "other.gguf")


@pytest.fixture(scope="module")
def head(base: Path) -> bytes:
    return base.read_bytes()[: read_outline(base).data_offset]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_heads_are_read_or_refused_never_worse(head: bytes, tmp_path_factory: Any, data: st.DataObject) -> None:
    broken = bytearray(head)
    for _ in range(data.draw(st.integers(1, 8))):
        broken[data.draw(st.integers(0, min(len(broken), 4000) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "broken.gguf"
    path.write_bytes(bytes(broken[: data.draw(st.integers(0, len(broken)))]))
    with pytest.raises(QuantizeError):
        read_outline(path)


def test_file_that_promises_endless_arrays_is_refused_at_once(tmp_path: Path) -> None:
    key = (1).to_bytes(8, "little") + b"k" + (9).to_bytes(4, "little") + (4).to_bytes(4, "little")
    path = tmp_path / "endless.gguf"
    path.write_bytes(
        b"GGUF" + (3).to_bytes(4, "little") + bytes(8) + (1).to_bytes(8, "little") + key + (2**63).to_bytes(8, "little")
    )
    with pytest.raises(QuantizeError, match=r"claims 9,223,372,036,854,775,808 elements and the file has 0 bytes left"):
        read_outline(path)


def told(*arguments: str) -> Iterator[str]:
    command = [sys.executable, "-m", "quantize.cli", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    yield from (done.stdout, done.stderr, str(done.returncode))


def test_wrong_type_names_the_nearest(base: Path, tmp_path: Path) -> None:
    _, said, code = told("compress", str(base), "--type", "Q4_KM", "-o", str(tmp_path / "o.gguf"))
    assert code == "2"
    assert "Q4_K_M" in said


@pytest.mark.slow
def test_compare_prints_a_row_for_each_type_and_draws(base: Path, tmp_path: Path) -> None:
    picture = tmp_path / "types.png"
    out, said, code = told(
        "compare", str(base), "--types", "Q8_0,Q4_0", "--tokens", "256", "--plot", str(picture), "--json"
    )
    assert code == "0", said
    rows = json.loads(out)
    assert [row["type"] for row in rows] == ["Q8_0", "Q4_0"]
    assert rows[0]["kl_mean"] < rows[1]["kl_mean"]
    assert picture.read_bytes().startswith(b"\x89PNG")
