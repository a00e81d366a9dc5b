"""What counts of passed samples say: pass@k without bias, its interval, and whether two models differ.

Plain arithmetic on numbers; nothing here knows a problem or a report.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

KS = (1, 5, 10, 25, 50, 100, 200)


def pass_at_k(samples: int, passed: int, k: int) -> float:
    """The chance that at least one of k of the samples, drawn without putting back, has passed.

    Raises:
        ValueError: fewer than k samples, or more passed than there are.
    """
    if not 0 <= passed <= samples or not 1 <= k <= samples:
        raise ValueError(f"pass@{k} of {passed} passed in {samples} samples")
    if samples - passed < k:
        return 1.0
    return 1.0 - math.prod(1.0 - k / number for number in range(samples - passed + 1, samples + 1))


def mean_pass_at(counts: Sequence[tuple[int, int]]) -> dict[str, float]:
    """pass@k averaged over problems, given (samples, passed) of each, for each usual k that every problem has samples for."""
    if not counts:
        return {}
    fewest = min(samples for samples, _ in counts)
    return {str(k): sum(pass_at_k(n, c, k) for n, c in counts) / len(counts) for k in KS if k <= fewest}


def bootstrap(values: Sequence[float], rounds: int = 2000, level: float = 0.95, seed: int = 0) -> tuple[float, float]:
    """An interval for the mean of `values` by drawing whole problems again (percentiles; repeatable)."""
    if not values:
        return 0.0, 0.0
    draw = random.Random(seed)
    size = len(values)
    means = sorted(sum(draw.choices(values, k=size)) / size for _ in range(rounds))
    tail = (1 - level) / 2
    return means[math.floor(tail * rounds)], means[min(rounds - 1, math.ceil((1 - tail) * rounds) - 1)]


@dataclass(frozen=True)
class McNemar:
    """A paired comparison: problems that only the first solved, only the second, and how likely by chance alone."""

    only_first: int
    only_second: int
    p: float
    """Two-sided, exact."""


def mcnemar(first: Sequence[bool], second: Sequence[bool]) -> McNemar:
    """Compare two models on the same problems, in the same order."""
    if len(first) != len(second):
        raise ValueError("both need the same problems")
    one = sum(a and not b for a, b in zip(first, second, strict=True))
    other = sum(b and not a for a, b in zip(first, second, strict=True))
    total, least = one + other, min(one, other)
    tail = sum(math.comb(total, i) for i in range(least + 1)) / 2**total
    return McNemar(one, other, min(1.0, 2 * tail))
