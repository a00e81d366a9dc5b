"""The learning rate is that of transformers' schedules at each step; groups decay and learn as the recipe says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup

from trainer.finetune import optimizer
from trainer.finetune.metrics import Metrics
from trainer.finetune.standing import Standing
from trainer.recipe import LoraPart, ModelPart, Recipe, TrainPart


@pytest.mark.parametrize(
    ("schedule", "theirs"), [("cosine", get_cosine_schedule_with_warmup), ("linear", get_linear_schedule_with_warmup)]
)
@pytest.mark.parametrize("warmup", [0, 7])
def test_rate_is_that_of_transformers(schedule: Any, theirs: Any, warmup: int) -> None:
    plain = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    reference = theirs(plain, warmup, 40)
    part = TrainPart(schedule=schedule, warmup_steps=warmup)
    for step in range(40):
        assert optimizer.rate_at(step, 40, part) == pytest.approx(reference.get_last_lr()[0], abs=1e-9)
        plain.step()
        reference.step()


def test_wsd_holds_then_falls_to_the_final_rate() -> None:
    part = TrainPart(schedule="wsd", warmup_steps=10, decay_share=0.25, final_rate=0.1)
    rates = [optimizer.rate_at(step, 100, part) for step in range(101)]
    assert rates[5] == 0.5
    assert all(rate == 1.0 for rate in rates[10:76])
    assert rates[76:] == sorted(rates[76:], reverse=True)
    assert rates[100] == pytest.approx(0.1)


class _Module(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(5, 3)
        self.lora_A = torch.nn.Linear(3, 2, bias=True)
        self.lora_B = torch.nn.Linear(2, 3, bias=False)
        self.frozen = torch.nn.Linear(3, 3).requires_grad_(False)

    @property
    def causal(self) -> Any:
        return type("Causal", (), {"get_input_embeddings": lambda _: self.embedding})()


def test_only_trained_matrices_decay_and_b_learns_faster() -> None:
    module = _Module()
    recipe = Recipe(
        model=ModelPart(method="lora"),
        lora=LoraPart(plus_ratio=16.0),
        train=TrainPart(weight_decay=0.1, learning_rate=1e-3),
    )
    made = optimizer.make_optimizer(module, recipe)
    found = {id(p): (g["weight_decay"], g["ratio"]) for g in made.param_groups for p in g["params"]}
    assert found == {
        id(module.embedding.weight): (0.0, 1.0),
        id(module.lora_A.weight): (0.1, 1.0),
        id(module.lora_A.bias): (0.0, 1.0),
        id(module.lora_B.weight): (0.1, 16.0),
    }
    optimizer.set_rate(made, 2e-4)
    assert sorted(g["lr"] for g in made.param_groups) == pytest.approx([2e-4, 2e-4, 3.2e-3])


@pytest.mark.parametrize(
    ("loss", "norm", "factor", "says"),
    [
        (float("nan"), 1.0, 0.0, "its loss is nan"),
        (1.0, float("inf"), 0.0, "its gradient is inf"),
        (9.0, 1.0, 4.0, "over 4 times the usual 2"),
        (9.0, 1.0, 0.0, ""),
        (7.9, 1.0, 4.0, ""),
    ],
)
def test_step_that_must_not_be_taken_is_told(loss: float, norm: float, factor: float, says: str) -> None:
    standing = Standing(recent=[2.0] * 10)
    why = standing.refusal(loss, norm, factor)
    assert says in why if says else why == ""


def test_metrics_keep_each_step_once_and_drop_a_broken_row(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path, tensorboard=False)
    metrics.begin(0)
    for step in (1, 2, 3):
        metrics.write({"step": step, "loss": 1.0 / step})
    with metrics.path.open("a") as stream:
        stream.write('{"step": 4, "lo')
    metrics.begin(2)
    metrics.write({"step": 3, "loss": 0.5, "dev_loss": 0.7})
    assert [(row["step"], row["loss"]) for row in metrics.rows()] == [(1, 1.0), (2, 0.5), (3, 0.5)]
    metrics.plot()
    assert (tmp_path / "loss.png").read_bytes().startswith(b"\x89PNG")
