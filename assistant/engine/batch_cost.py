"""What a batch of n tokens costs against a batch of one, on this machine and with this model.

Measured once, while the worker has nothing else to do, and remembered in the cache folder. Until then a pessimistic
table holds, under which only long and sure drafts are tried.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise

from assistant.engine.remembered import Remembered

SIZES = (1, 2, 4, 8, 16, 32)
_PESSIMISTIC = (1.0, 2.0, 3.9, 8.5, 11.0, 18.6)
_BUDGET_SECONDS = 4.0
_ROUNDS = 6


class BatchCost:
    """The cost curve of one model; `key` names the model and the machine."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._facts = Remembered("batch-cost")
        known = self._facts.get(key)
        self.measured = isinstance(known, list) and len(known) == len(SIZES)
        self.curve: tuple[float, ...] = tuple(known) if self.measured and known else _PESSIMISTIC

    def of(self, tokens: int) -> float:
        """The cost of a batch of `tokens`, in batches of one."""
        points = list(zip(SIZES, self.curve, strict=True))
        for (small, low), (big, high) in pairwise(points):
            if tokens <= big:
                return low + (high - low) * (tokens - small) / (big - small)
        return self.curve[-1] * tokens / SIZES[-1]

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
        rising = [max(times[: i + 1]) / times[0] for i in range(len(times))]
        self.curve, self.measured = tuple(round(cost, 3) for cost in rising), True
        self._facts.put(self._key, list(self.curve))
