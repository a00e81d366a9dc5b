"""The floor of the engine's figures on this machine: no token can cost less than its bytes and its arithmetic take.

A batch reads all weights once, whatever its size, and multiplies each with every token. What the machine moves and
multiplies at best is measured with large copies and products of numpy. llama.cpp multiplies small integers, which may
be faster than the 32 bit floats that are measured, so the second floor is a mark, not a law.
"""

from __future__ import annotations

import concurrent.futures
import os
import time
from dataclasses import dataclass

from assistant.engine.api import LoadedModel, ModelSpec
from assistant.engine.blocking import BlockingEngine
from benchmarks.bare import Bare
from benchmarks.measure import starter_model

_COPY_BYTES, _SIDE, _ROUNDS = 1 << 27, 1536, 5


@dataclass(frozen=True)
class Floor:
    """What one machine does at best: bytes a second from memory, floating point operations a second."""

    bandwidth: float
    flops: float

    def seconds(self, model: LoadedModel, tokens: int = 1) -> float:
        """The least that a batch of `tokens` can take."""
        return max(model.bytes / self.bandwidth, 2 * model.parameters * tokens / self.flops)

    def beside(self, name: str, seconds: float, model: LoadedModel, tokens: int = 1) -> str:
        """A line of the table: a figure and its floors."""
        memory, arithmetic = model.bytes / self.bandwidth, 2 * model.parameters * tokens / self.flops
        return (
            f"{name:<26}{seconds * 1000:9.2f} ms   floors: {memory * 1000:7.2f} ms memory "
            f"({model.bytes / 1e6:.0f} MB at {self.bandwidth / 1e9:.1f} GB/s), {arithmetic * 1000:7.2f} ms arithmetic "
            f"({2 * model.parameters * tokens / 1e9:.2f} GFLOP at {self.flops / 1e9:.0f} GFLOP/s); "
            f"{self.seconds(model, tokens) / seconds:.2f} of the speed that they allow"
        )


def measure_floor() -> Floor:
    """Measure this machine; two seconds or so."""
    import numpy as np

    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    pairs = [(np.ones(_COPY_BYTES // 8), np.zeros(_COPY_BYTES // 8)) for _ in range(threads)]
    left, right = np.ones((_SIDE, _SIDE), dtype=np.float32), np.ones((_SIDE, _SIDE), dtype=np.float32)
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:

        def copy() -> float:
            started = time.perf_counter()
            list(pool.map(lambda pair: np.copyto(pair[1], pair[0]), pairs))
            return time.perf_counter() - started

        copying = min(copy() for _ in range(_ROUNDS))

    def multiply() -> float:
        started = time.perf_counter()
        np.matmul(left, right)
        return time.perf_counter() - started

    return Floor(2 * _COPY_BYTES * threads / copying, 2 * _SIDE**3 / min(multiply() for _ in range(_ROUNDS)))


def main() -> None:
    floor = measure_floor()
    with BlockingEngine() as engine:
        loaded = engine.load(ModelSpec(str(starter_model()), context_size=512))
    bare = Bare(starter_model(), loaded.threads, 1024)
    names = {1: "one token", 8: "batch of 8", 32: "batch of 32", 256: "256 tokens of a prompt"}
    for tokens, name in names.items():
        seconds = min(bare.batch_seconds(tokens) for _ in range(5))
        print(floor.beside(name, seconds, loaded, tokens))
    bare.close()


if __name__ == "__main__":
    main()
