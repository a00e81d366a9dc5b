"""Whether two models differ in a number that was measured for each row: the mean change, its interval, and how likely by chance.

The rows are the same for both, so what makes one of them hard cancels out. Plain arithmetic; what solved problems say is `pass_at_k`.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass

from trainer.evaluate.pass_at_k import bootstrap

_EXACT = 14
"""Up to so many rows every way of flipping signs is counted (16,384 of them); beyond, so many are drawn."""
_DRAWN = 20_000


@dataclass(frozen=True)
class Paired:
    """A paired comparison of two means; `change` is second less first."""

    rows: int
    first: float
    second: float
    change: float
    low: float
    """Lower end of the 95 % interval of the change (bootstrap over rows)."""
    high: float
    p: float
    """Two-sided: the share of sign flips of the rows' changes that give a mean at least as far from zero."""


def paired(first: Sequence[float], second: Sequence[float], seed: int = 0) -> Paired:
    """Compare two measurements of the same rows, in the same order.

    Raises:
        ValueError: there are no rows, or not the same number.
    """
    if len(first) != len(second) or not first:
        raise ValueError("both need the same rows, and at least one")
    changes = [after - before for before, after in zip(first, second, strict=True)]
    count = len(changes)
    low, high = bootstrap(changes, seed=seed)
    mean_first, mean_second = sum(first) / count, sum(second) / count
    return Paired(count, mean_first, mean_second, sum(changes) / count, low, high, sign_flips(changes, seed))


def sign_flips(changes: Sequence[float], seed: int = 0) -> float:
    """How likely a mean as far from zero is if each change could as well have had the other sign."""
    # Sums that differ by rounding alone count as equal.
    least = abs(sum(changes)) * (1 - 1e-12)
    if len(changes) <= _EXACT:
        ways = itertools.product((1, -1), repeat=len(changes))
        far = [abs(sum(sign * change for sign, change in zip(way, changes, strict=True))) >= least for way in ways]
        return sum(far) / len(far)
    draw = random.Random(seed)
    far_ones = sum(
        abs(sum(change if draw.getrandbits(1) else -change for change in changes)) >= least for _ in range(_DRAWN)
    )
    # What was seen counts as one of the ways, so that no p is zero.
    return (far_ones + 1) / (_DRAWN + 1)
