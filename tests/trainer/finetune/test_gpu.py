"""Training on a CUDA GPU: its attention kernel, its precisions, 4-bit bases. Run by `pytest -m gpu` where there is one."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from assistant.ground.progress import Progress
from trainer.finetune import attention, metrics
from trainer.finetune.attention import Documents, packed_attention
from trainer.finetune.train import finetune
from trainer.recipe import Recipe

MakeRecipe = Callable[..., Recipe]
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA GPU"),
]


def _expected(q: Any, k: Any, v: Any, lengths: tuple[int, ...], window: int | None) -> Any:
    """What one call with a mask of all pairs of tokens says, in fp32."""
    groups = q.shape[1] // k.shape[1]
    document = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths)).cuda()
    steps = torch.arange(sum(lengths)).cuda()
    allowed = (document[:, None] == document[None]) & (steps[:, None] >= steps[None])
    if window:
        allowed &= steps[:, None] - steps[None] < window
    q, k, v = q.float(), k.float().repeat_interleave(groups, 1), v.float().repeat_interleave(groups, 1)
    scores = (q @ k.transpose(2, 3) * 0.2).masked_fill(~allowed, float("-inf"))
    return (scores.softmax(-1) @ v).transpose(1, 2)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32], ids=["bf16", "fp16", "fp32"])
@pytest.mark.parametrize("shared_heads", [1, 2, 8])
@pytest.mark.parametrize("window", [None, 16])
def test_packed_attention_has_the_values_and_gradients_of_the_masked_one(
    dtype: torch.dtype, shared_heads: int, window: int | None
) -> None:
    torch.manual_seed(5)
    lengths = (5, 1, 130, 64)
    shapes = [(1, heads, sum(lengths), 64) for heads in (8, shared_heads, shared_heads)]
    q, k, v = (torch.randn(shape, device="cuda", dtype=dtype, requires_grad=True) for shape in shapes)
    documents = Documents.of(lengths, "cuda")
    got, _ = packed_attention(None, q, k, v, documents=documents, scaling=0.2, sliding_window=window)
    expected = _expected(q, k, v, lengths, window)
    near = 1e-4 if dtype == torch.float32 else 3e-2
    assert torch.allclose(got.float(), expected, atol=near)
    weight = torch.randn_like(expected)
    mine = torch.autograd.grad(got, (q, k, v), weight.to(dtype))
    theirs = torch.autograd.grad(expected, (q, k, v), weight)
    for one, other in zip(mine, theirs, strict=True):
        assert (one.float() - other.float()).abs().mean() < near * other.float().abs().mean() + 1e-4


def test_half_precision_takes_the_variable_length_kernel_where_the_gpu_has_it() -> None:
    q = torch.zeros(1, 1, 1, 64, device="cuda", dtype=torch.bfloat16)
    assert attention._has_varlen(q) == (torch.cuda.get_device_capability() >= (8, 0))
    assert not attention._has_varlen(q.float()) and not attention._has_varlen(q.cpu())


@pytest.mark.parametrize("precision", ["bf16", "fp16", "fp32"])
@pytest.mark.parametrize("method", ["full", "lora"])
def test_a_run_learns_in_each_precision_and_tells_its_use_of_the_hardware(
    precision: str, method: str, recipe: MakeRecipe
) -> None:
    made = recipe(
        model={"precision": precision, "method": method},
        train={"steps": 8, "learning_rate": 3e-3},
        data={"dev_fraction": 0.2},
    )
    summary = finetune(made, False, Progress("none"))
    assert summary["dev_loss"] < summary["dev_loss_before"]
    rows = [json.loads(line) for line in (Path(made.output) / "metrics.jsonl").read_text().splitlines()]
    assert all(0 < row["mfu"] < 1 and row["memory_bytes"] > 0 for row in rows)


def test_a_resumed_run_on_a_gpu_goes_on_from_the_same_losses(recipe: MakeRecipe, tmp_path: Path) -> None:
    knobs: dict[str, Any] = {"train": {"steps": 6}, "checkpoint": {"every": 3}}
    whole = recipe(output=str(tmp_path / "whole"), **knobs)
    finetune(whole, False, Progress("none"))
    finished = Path(whole.output)
    for path in (finished / "finetune.json", finished / "checkpoints" / "step-0000006" / "manifest.json"):
        path.unlink()
    losses = [json.loads(line)["loss"] for line in (finished / "metrics.jsonl").read_text().splitlines()]
    finetune(whole, True, Progress("none"))
    again = [json.loads(line)["loss"] for line in (finished / "metrics.jsonl").read_text().splitlines()]
    assert again == pytest.approx(losses, abs=1e-4)


def test_adapters_are_trained_on_a_base_in_four_bits_and_peft_loads_them(recipe: MakeRecipe) -> None:
    if importlib.util.find_spec("bitsandbytes") is None:
        pytest.skip("bitsandbytes is not installed")
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    made = recipe(model={"method": "qlora", "precision": "bf16", "gradient_checkpointing": True}, train={"steps": 4})
    summary = finetune(made, False, Progress("none"))
    assert summary["loss_last"] < summary["loss_first"] + 0.5
    adapted = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(made.model.base), made.output)
    assert any(p.abs().sum() > 0 for name, p in adapted.named_parameters() if "lora_B" in name)


def test_the_peak_of_known_hardware_is_its_makers_and_of_other_is_measured() -> None:
    name = torch.cuda.get_device_name()
    told = metrics.peak_flops(torch.device("cuda"), torch.bfloat16)
    if "H100" in name or "H200" in name:
        assert told == 989e12
    assert told > 1e12
    assert 0 < metrics.peak_flops(torch.device("cuda"), torch.float32) < told
