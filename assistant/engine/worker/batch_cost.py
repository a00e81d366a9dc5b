"""What a batch of n tokens costs against a batch of one, on this machine and with this model.

Measured while the worker has nothing else to do and remembered in the cache folder, so that a command that asks once
knows it too; corrected by what the batches of a reply really take, because a curve that was measured beside a compiler,
or with a short context, is wrong for now.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from itertools import pairwise

from assistant.engine.remembered import Remembered

SIZES = (1, 2, 4, 8, 16, 32)
# Two cores with a model of 135M parameters; a GPU or a larger model gains more, and the first tries tell.
_TYPICAL = (1.0, 1.8, 3.0, 4.7, 8.4, 14.0)
_BUDGET_SECONDS = 4.0
_ROUNDS = 6
_LEARNED = 0.3
_HIGHEST = 1.5


class BatchCost:
    """The cost curve of one model; `key` names the model and the machine."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._facts = Remembered("batch-curve")
        known = self._facts.get(key)
        self.measured = False
        """Whether it was measured by this process; what is remembered is used until then."""
        self.curve: tuple[float, ...] = tuple(known) if _is_curve(known) else _TYPICAL

    def of(self, tokens: int) -> float:
        """The cost of a batch of `tokens`, in batches of one."""
        points = list(zip(SIZES, self.curve, strict=True))
        for (small, low), (big, high) in pairwise(points):
            if tokens <= big:
                return low + (high - low) * (tokens - small) / (big - small)
        return self.curve[-1] * tokens / SIZES[-1]

    def learn(self, tokens: int, cost: float) -> None:
        """Take note that a batch of `tokens` took as long as `cost` batches of one just before it."""
        if tokens not in SIZES[1:]:
            return
        at = SIZES.index(tokens)
        cost = min(max(cost, 1.0), _HIGHEST * tokens)
        curve = list(self.curve)
        curve[at] += _LEARNED * (cost - curve[at])
        self.curve = tuple(curve)

    def measure(self, seconds_of: Callable[[int], float], interrupted: Callable[[], bool]) -> None:
        """Measure the curve; `seconds_of(n)` computes a batch of n tokens. Gives up when interrupted."""
        rounds: dict[int, list[float]] = {size: [] for size in SIZES}
        started = time.monotonic()
        for _ in range(_ROUNDS):
            for size in (1, *SIZES):
                if interrupted():
                    return
                rounds[size].append(seconds_of(size))
            if time.monotonic() - started > _BUDGET_SECONDS:
                break
        # The fastest of each: what another program took away is no cost of the batch.
        times = [min(rounds[size]) for size in SIZES]
        if not all(map(math.isfinite, times)):
            return
        self.measured = True
        rising = [round(max(times[: i + 1]) / times[0], 3) for i in range(len(times))]
        if _is_curve(rising):
            self.curve = tuple(rising)
            self._facts.put(self._key, rising)


def _is_curve(costs: object) -> bool:
    """Whether it can be true; a batch that costs more than its tokens one by one was measured beside other work."""
    if not isinstance(costs, list) or len(costs) != len(SIZES):
        return False
    return all(isinstance(c, (int, float)) and 0 < c <= _HIGHEST * n for c, n in zip(costs, SIZES, strict=True))
