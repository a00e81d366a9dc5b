"""The table of benchmarks, and the one way to look a name up in it."""

from __future__ import annotations

import difflib
from pathlib import Path

from assistant.errors import UsageError
from trainer.evaluate.benchmarks import ds1000, humaneval, humaneval_plus, infilling, mbpp, mbpp_plus, own, simple
from trainer.evaluate.problem import Benchmark

BENCHMARKS: dict[str, Benchmark] = {
    row.name: row
    for row in (
        humaneval.BENCHMARK,
        humaneval_plus.BENCHMARK,
        mbpp.BENCHMARK,
        mbpp_plus.BENCHMARK,
        ds1000.BENCHMARK,
        *infilling.BENCHMARKS,
        simple.BENCHMARK,
    )
}


def benchmark(name: str) -> Benchmark:
    """The benchmark of that name, or the one that the JSONL file of that name is.

    Raises:
        UsageError: there is none; the nearest name is told.
    """
    found = BENCHMARKS.get(name.strip().lower())
    if found is not None:
        return found
    if name.endswith((".jsonl", ".jsonl.gz")):
        return own.benchmark_of(Path(name))
    near = difflib.get_close_matches(name.lower(), BENCHMARKS, 1)
    why = f"did you mean {near[0]}?" if near else "there is no such benchmark"
    raise UsageError(f"unknown benchmark {name}", why, ", ".join(BENCHMARKS) + ", or a file of your own .jsonl")
