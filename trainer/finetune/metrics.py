"""What a run writes down of itself: metrics.jsonl, a plot, TensorBoard events; and how fast the hardware could be.

One JSON object a line. A run that goes on drops the rows after the step it goes on from, so each step is there once.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import math
import resource
import sys
import time
from pathlib import Path
from typing import Any

from assistant.ground.files import replacing, write_whole
from trainer.errors import TrainerError

# Dense half-precision peaks as the makers state them, in FLOP/s; anything else is measured by a matrix product.
# The first name that fits counts, so the closer one stands before.
_PEAKS = {
    "B200": 2250e12, "H200": 989e12, "H100 NVL": 835e12, "H100 PCIe": 756e12, "H100": 989e12, "A100": 312e12,
    "L40S": 362e12, "L40": 181e12, "4090": 165e12, "3090": 71e12, "V100": 125e12, "T4": 65e12,
}  # fmt: skip


class Metrics:
    """The metrics file of a run, and its TensorBoard events where wanted."""

    def __init__(self, folder: Path, tensorboard: bool) -> None:
        """Raises a TrainerError where TensorBoard is wanted and not installed."""
        self.path = folder / "metrics.jsonl"
        self._events: Any = None
        if tensorboard:
            if importlib.util.find_spec("tensorboard") is None:
                raise TrainerError(
                    "cannot write TensorBoard events", "tensorboard is not installed", "pip install tensorboard"
                )
            from torch.utils.tensorboard import SummaryWriter

            self._events = SummaryWriter(folder / "tensorboard")

    def begin(self, step: int) -> None:
        """Keep the rows up to `step` (0: none); a row broken off by a crash goes too."""
        kept = [row for row in self.rows() if row.get("step", 0) <= step] if step else []
        write_whole(self.path, "".join(json.dumps(row) + "\n" for row in kept))

    def rows(self) -> list[dict[str, Any]]:
        """All whole rows."""
        rows = []
        with contextlib.suppress(FileNotFoundError):
            for line in self.path.read_text(encoding="utf-8").splitlines():
                with contextlib.suppress(ValueError):
                    rows.append(json.loads(line))
        return [row for row in rows if isinstance(row, dict)]

    def write(self, row: dict[str, Any]) -> None:
        """Append one row; a number that is none (NaN, infinity) is written as null, since JSON has no such numbers."""
        strict = {
            key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in row.items()
        }
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(strict) + "\n")
        if self._events is not None:
            for name, value in row.items():
                if isinstance(value, float):
                    self._events.add_scalar(name, value, row["step"])

    def plot(self) -> None:
        """Draw loss.png beside the metrics."""
        from matplotlib.figure import Figure

        rows = self.rows()
        figure = Figure(figsize=(7, 4), layout="tight")
        axes = figure.subplots()
        for key, style, name in (("loss", "-", "training"), ("dev_loss", "o-", "held out")):
            points = [(row["step"], row[key]) for row in rows if isinstance(row.get(key), float)]
            if points:
                axes.plot(*zip(*points, strict=True), style, label=name, linewidth=1, markersize=4)
        axes.set(xlabel="step", ylabel="loss per response token")
        axes.legend()
        axes.grid(alpha=0.3)
        with replacing(self.path.with_name("loss.png")) as staged:
            figure.savefig(staged, format="png", dpi=150)

    def close(self) -> None:
        """Flush what TensorBoard has not written."""
        if self._events is not None:
            self._events.close()


def peak_memory(device: Any) -> int:
    """The most memory used so far, in bytes: of the GPU, or of this process."""
    import torch

    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024


def peak_flops(device: Any, dtype: Any) -> float:
    """What the hardware can do in a second, for matrix products in `dtype`: known by its name, or measured here."""
    import torch

    if device.type == "cuda" and dtype != torch.float32:
        name = torch.cuda.get_device_name(device)
        known = next((peak for part, peak in _PEAKS.items() if part in name), None)
        if known:
            return known
    size = 1024 if device.type == "cpu" else 4096
    a, b = (torch.ones(size, size, dtype=dtype, device=device) for _ in range(2))
    best = float("inf")
    for _ in range(4):
        began = time.perf_counter()
        (a @ b)[0, 0].item()
        best = min(best, time.perf_counter() - began)
    return 2 * size**3 / best


def flops_of_step(module: Any, tokens: int, learned: int) -> float:
    """Floating-point operations of one step without recomputation: weights only, attention's squares left out.

    Two a weight and token forward and two for the gradient of activations; two more where the weight is trained.
    """
    head = module.causal.get_output_embeddings().weight
    embedding = module.causal.get_input_embeddings().weight
    total = 0.0
    for parameter in module.parameters():
        if parameter.dim() > 1 and parameter is not head and parameter is not embedding:
            # bitsandbytes packs two weights of 4 bits into one number, and remembers their true shape.
            packed = getattr(parameter, "quant_state", None)
            count = math.prod(packed.shape) if packed is not None else parameter.numel()
            total += (6 if parameter.requires_grad else 4) * count * tokens
    return total + (6 if head.requires_grad else 4) * head.numel() * learned
