"""A benchmark of the reader's own: any JSONL file of prompt, test and entry point.

Rows have `prompt`, `test` and `entry_point`; `task_id`, `canonical_solution`, `suffix` and `seconds` are optional. A
test either defines `check(candidate)`, as HumanEval's do, or is a row of statements that call the function by name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trainer.evaluate.problem import Benchmark, Problem, unique


def read(files: list[list[dict[str, Any]]]) -> list[Problem]:
    """The rows as problems."""
    return unique(_problem(number, row) for number, row in enumerate(files[0], 1))


def benchmark_of(path: Path) -> Benchmark:
    """The benchmark that a file is."""
    name = path.name.removesuffix(".gz").removesuffix(".jsonl")
    return Benchmark(name or "own", path.name, (str(path.resolve()),), read)


def _problem(number: int, row: dict[str, Any]) -> Problem:
    name, test = str(row["entry_point"]), str(row["test"])
    if not name.isidentifier():
        raise ValueError(f"row {number}: entry_point {name!r} is no name of a function")
    call = "\ncheck(candidate)" if "def check(" in test and "\ncheck(" not in test else ""
    return Problem(
        id=str(row.get("task_id", number)),
        prompt=str(row["prompt"]),
        entry_point=name,
        tests=f"{name} = candidate = ask({name!r})\n{test}{call}\n",
        canonical=str(row.get("canonical_solution", "")),
        statement=str(row["prompt"]),
        suffix=str(row.get("suffix", "")),
        seconds=float(row.get("seconds", 3.0)),
    )
