"""The table of benchmarks, and the one way to look a name up in it."""

from __future__ import annotations

import difflib

from assistant.errors import UsageError
from trainer.evaluate.benchmarks import humaneval
from trainer.evaluate.problem import Benchmark

BENCHMARKS: dict[str, Benchmark] = {row.name: row for row in (humaneval.BENCHMARK,)}


def benchmark(name: str) -> Benchmark:
    """The benchmark of that name.

    Raises:
        UsageError: there is none; the nearest names are told.
    """
    found = BENCHMARKS.get(name.strip().lower())
    if found is None:
        near = difflib.get_close_matches(name, BENCHMARKS, 1)
        why = f"did you mean {near[0]}?" if near else "there is no such benchmark"
        raise UsageError(f"unknown benchmark {name}", why, "one of " + ", ".join(BENCHMARKS))
    return found
