"""What a run does on a GPU, or on many, as far as a CPU can show it: precisions, scaling, recomputing, sharding by layer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from assistant.ground.progress import Progress
from trainer.errors import TrainerError
from trainer.finetune import hardware, metrics
from trainer.finetune.attention import Documents, packed_attention
from trainer.finetune.base import ARCHITECTURES
from trainer.finetune.batches import collate
from trainer.finetune.loss import ResponseLoss
from trainer.finetune.train import finetune
from trainer.recipe import Recipe

MakeRecipe = Callable[..., Recipe]


def _losses(recipe: Recipe) -> list[float]:
    finetune(recipe, False, Progress("none"))
    return [row["loss"] for row in _rows(recipe)]


def _rows(recipe: Recipe) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (Path(recipe.output) / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.parametrize(("architecture", "method"), [("gpt_bigcode", "full"), ("qwen2", "lora")])
def test_recomputing_activations_changes_no_loss(
    architecture: str, method: str, recipe: MakeRecipe, tmp_path: Path
) -> None:
    made = [
        recipe(
            architecture,
            output=str(tmp_path / str(recompute)),
            model={"method": method, "gradient_checkpointing": recompute},
            train={"steps": 2},
        )
        for recompute in (False, True)
    ]
    assert _losses(made[1]) == pytest.approx(_losses(made[0]), abs=1e-6)


def test_attention_gets_one_precision_where_rotated_queries_come_in_another() -> None:
    """Weights in fp32 rotate in fp32; a kernel that takes half precision only would never see them otherwise."""
    q, k, v = (torch.randn(1, 4, 9, 8) for _ in range(3))
    documents = Documents.of((4, 5), "cpu")
    halves = [x.bfloat16() for x in (q, k, v)]
    with torch.autocast("cpu", torch.bfloat16):
        got, _ = packed_attention(None, q, k, halves[2], documents=documents)
        wanted, _ = packed_attention(None, *halves, documents=documents)
    assert got.dtype == torch.bfloat16 and torch.equal(got, wanted)


def _scaled(monkeypatch: pytest.MonkeyPatch, scale: float) -> list[Any]:
    """Let runs scale their loss as in fp16 (but compute in fp32, which a CPU is faster in); the accelerators started."""
    off = "accelerate.accelerator.get_mixed_precision_context_manager"
    monkeypatch.setattr(off, lambda *_, **__: torch.autocast("cpu", enabled=False))
    started: list[Any] = []
    plain = hardware.start

    def start(recipe: Recipe) -> hardware.Hardware:
        machine = plain(recipe)
        accelerator = machine.accelerator
        accelerator.scaler = torch.amp.GradScaler("cpu", init_scale=scale)
        accelerator.state._mixed_precision, accelerator.native_amp = "fp16", True
        started.append(accelerator)
        return machine

    monkeypatch.setattr(hardware, "start", start)
    return started


def test_fp16_skips_a_spike_and_a_loss_that_is_none_and_goes_on(
    recipe: MakeRecipe, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _scaled(monkeypatch, 8.0)
    calls: list[float] = []
    plain = ResponseLoss.forward

    def forward(self: ResponseLoss, batch: Any) -> Any:
        calls.append({10: float("nan"), 12: 50.0}.get(len(calls), 1.0))
        return plain(self, batch) * calls[-1]

    monkeypatch.setattr(ResponseLoss, "forward", forward)
    made = recipe(
        train={"steps": 15, "batch": 1, "micro_batch_tokens": 2000, "learning_rate": 1e-4, "spike_factor": 5.0},
        checkpoint={"every": 14},
    )
    finetune(made, False, Progress("none"))
    rows = _rows(made)
    assert [row["step"] for row in rows if row["skipped"]] == [11, 13]
    assert rows[10]["loss"] is None and "nan" in rows[10]["skipped"] and "times the usual" in rows[12]["skipped"]
    kept = json.loads((tmp_path / "out" / "checkpoints" / "step-0000014" / "state.json").read_text())
    assert kept["scaler"]["scale"] == 4.0


def test_fp16_lowers_a_scale_that_overflows_but_not_for_ever(
    recipe: MakeRecipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = _scaled(monkeypatch, 2.0**126)
    plain = ResponseLoss.forward
    monkeypatch.setattr(ResponseLoss, "forward", lambda self, batch: plain(self, batch) * 1e12)
    made = recipe(train={"steps": 3})
    assert finetune(made, False, Progress("none"))["skipped"] == []
    assert started[0].scaler.get_scale() == 2.0**123 and all("gradient" in row["skipped"] for row in _rows(made))
    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", lambda *_, **__: torch.tensor(float("inf")))
    _scaled(monkeypatch, 1.0)
    with pytest.raises(TrainerError, match="2 steps had to be skipped"):
        finetune(recipe(output=made.output + "-2", train={"steps": 9, "max_skipped": 1}), False, Progress("none"))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_each_layer_is_sharded_by_itself(architecture: str, checkpoint: Callable[[str], Path]) -> None:
    """Sharded as one piece, a model of 15 billion weights would be gathered whole on each GPU."""
    from accelerate.utils import FullyShardedDataParallelPlugin
    from accelerate.utils.fsdp_utils import fsdp2_prepare_auto_wrap_policy

    module = ResponseLoss(AutoModelForCausalLM.from_pretrained(checkpoint(architecture)), 16)
    plugin = FullyShardedDataParallelPlugin(fsdp_version=2, auto_wrap_policy="transformer_based_wrap")
    plugin.set_auto_wrap_policy(module)
    policy = fsdp2_prepare_auto_wrap_policy(plugin, module)
    assert policy is not None
    names = [name for name, part in module.named_modules() if policy(part)]
    assert len(names) == 2 and all(name.endswith((".0", ".1")) for name in names)


def test_a_process_with_nothing_to_learn_has_a_gradient_of_zero_for_each_weight(
    checkpoint: Callable[[str], Path],
) -> None:
    """The others wait for it; a head that is no embedding would be left out."""
    module = ResponseLoss(AutoModelForCausalLM.from_pretrained(checkpoint("llama")), 16)
    module(collate(SimpleNamespace(), (), True, 3)).backward()  # type: ignore[arg-type]  # no sample is looked at
    assert module.causal.get_output_embeddings().weight.grad is not None
    assert all(p.grad is not None and not p.grad.any() for p in module.parameters())


def test_peaks_and_work_are_those_of_the_hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu: Any = SimpleNamespace(type="cuda")
    told = {
        "NVIDIA H100 80GB HBM3": 989e12,
        "NVIDIA H100 PCIe": 756e12,
        "NVIDIA A100-SXM4-80GB": 312e12,
        "NVIDIA GeForce RTX 4090": 165e12,
        "NVIDIA L40S": 362e12,
    }
    for name, peak in told.items():
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda _device, name=name: name)
        assert metrics.peak_flops(gpu, torch.bfloat16) == peak
    embedding = torch.nn.Embedding(4, 8)
    packed = torch.nn.Linear(8, 3, bias=False).requires_grad_(False)
    packed.weight.quant_state = SimpleNamespace(shape=(8, 6))  # type: ignore[union-attr]  # as bitsandbytes marks it
    module = torch.nn.ModuleList([embedding, packed])
    module.causal = SimpleNamespace(  # type: ignore[assignment]  # the part of ResponseLoss that counts
        get_input_embeddings=lambda: embedding, get_output_embeddings=lambda: embedding
    )
    assert metrics.flops_of_step(module, 10, 2) == 4 * 48 * 10 + 6 * 32 * 2


def test_auto_takes_no_precision_that_a_gpu_emulates(monkeypatch: pytest.MonkeyPatch) -> None:
    for native, precision in ((True, "bf16"), (False, "fp16")):
        monkeypatch.setattr(
            torch.cuda,
            "is_bf16_supported",
            lambda including_emulation=True, native=native: native or including_emulation,
        )
        assert hardware.choose_precision("auto", torch.device("cuda")) == precision


def test_threads_are_those_of_the_environment_unless_many_processes_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "allowed_cpus", lambda: set(range(8)))
    for told, threads in (("3", 3), ("2,1", 2), ("0", 8), ("many", 8), ("", 8)):
        monkeypatch.setenv("OMP_NUM_THREADS", told)
        assert hardware.choose_threads(1) == threads
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert hardware.choose_threads(2) == 4
