"""A run under way: what the loop needs in one place, how held-out loss is measured, and how the run is kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.ground.progress import Progress
from trainer.finetune import hardware, metrics, state
from trainer.finetune.batches import Order, collate
from trainer.finetune.checkpoint import Checkpoints
from trainer.finetune.standing import Standing
from trainer.finetune.tokens import Samples
from trainer.recipe import Recipe


@dataclass
class Run:
    """A run under way: what the loop needs, in one place."""

    recipe: Recipe
    folder: Path
    machine: hardware.Hardware
    module: Any
    optimizer: Any
    order: Order
    dev: Samples | None
    pad: int
    total: int
    standing: Standing
    checkpoints: Checkpoints
    metrics: metrics.Metrics
    progress: Progress
    peak: float
    """FLOP/s of the hardware."""

    @property
    def plain(self) -> Any:
        """The ResponseLoss, without what accelerate has put around it."""
        return self.machine.accelerator.unwrap_model(self.module)

    def dev_loss(self) -> float:
        """The mean loss of a held-out response token."""
        import torch

        assert self.dev is not None
        limit = self.recipe.evaluate.limit
        count = min(limit, len(self.dev)) if limit else len(self.dev)
        order = Order(
            self.dev, 64, self.order.room, 0, False, self.order.packed, self.order.process, self.order.processes
        )
        total, learned = torch.zeros((), device=self.machine.device), 0
        self.module.eval()
        with torch.no_grad():
            for step in range(-(-count // order.batch)):
                plan = order.plan(step)
                for numbers in plan.micro:
                    total += self.module(collate(self.dev, numbers, order.packed, self.pad).to(self.machine.device))
                learned += plan.learned
                self.progress.update("evaluate", min((step + 1) * order.batch, count), count, "samples")
        self.module.train()
        return self.machine.total(total) / learned

    def save(self) -> None:
        """Keep the run as it is now."""
        tensors = state.gather(self.plain, self.optimizer, self.machine.main)
        if scaler := self.machine.accelerator.scaler:
            self.standing.scaler = scaler.state_dict()
        if self.machine.main:
            kept = self.standing.as_state(self.recipe, self.order.samples.about.digest)
            self.checkpoints.save(self.standing.step, tensors, kept, self.standing.best_step)
        self.machine.accelerator.wait_for_everyone()
