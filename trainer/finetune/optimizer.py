"""What turns gradients into a step: AdamW's parameter groups, and the learning rate as a pure function of the step.

The rate depends on nothing but the step's number, so there is no scheduler whose state could be lost.
"""

from __future__ import annotations

import math
from typing import Any

from trainer.recipe import Recipe, TrainPart


def make_optimizer(module: Any, recipe: Recipe) -> Any:
    """AdamW over the trained parameters; matrices decay, and LoRA+ lets the B factors learn faster.

    Each group's `ratio` is its learning rate as a share of the recipe's.
    """
    import torch

    part, embedding = recipe.train, module.causal.get_input_embeddings().weight
    faster = recipe.lora.plus_ratio if recipe.model.method != "full" else 1.0
    groups: dict[tuple[float, float], list[Any]] = {}
    for name, parameter in module.named_parameters():
        if parameter.requires_grad:
            decays = parameter.dim() > 1 and parameter is not embedding
            ratio = faster if "lora_B" in name else 1.0
            groups.setdefault((part.weight_decay if decays else 0.0, ratio), []).append(parameter)
    listed = [
        {"params": params, "weight_decay": decay, "ratio": ratio, "lr": part.learning_rate * ratio}
        for (decay, ratio), params in groups.items()
    ]
    beta1, beta2 = part.betas
    return torch.optim.AdamW(listed, lr=part.learning_rate, betas=(beta1, beta2), eps=part.epsilon, fused=True)


def rate_at(step: int, total: int, part: TrainPart) -> float:
    """The learning rate of step `step` (from 0) of `total`, as a share of the recipe's; as transformers' schedules."""
    if step < part.warmup_steps:
        return step / part.warmup_steps
    through = min(1.0, (step - part.warmup_steps) / max(1, total - part.warmup_steps))
    match part.schedule:
        case "cosine":
            fall = 0.5 * (1.0 + math.cos(math.pi * through))
        case "linear":
            fall = 1.0 - through
        case "wsd":
            decay = max(1, round(total * part.decay_share))
            fall = min(1.0, (total - step) / decay)
        case "constant":
            return 1.0
    return part.final_rate + (1.0 - part.final_rate) * fall


def set_rate(optimizer: Any, rate: float) -> None:
    """Set every group's learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["ratio"]
