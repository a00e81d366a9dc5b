"""HumanEval+: HumanEval with some eighty times more inputs (evalplus), judged against the reference solutions."""

from __future__ import annotations

from typing import Any

from trainer.evaluate.benchmarks import humaneval, plus
from trainer.evaluate.problem import Benchmark, Problem


def read(files: list[list[dict[str, Any]]]) -> list[Problem]:
    """The rows as problems: from a release's one file, or from HumanEval, the references and the inputs apart."""
    if len(files) == 1:
        return [_released(row) for row in files[0]]
    tasks, references, *inputs = files
    more: dict[str, list[Any]] = {}
    for rows in inputs:
        for row in rows:
            more.setdefault(str(row["task_id"]).replace("_", "/"), []).extend(row["inputs"])
    return [
        _problem(task, {**extra, "plus_input": more.get(task["task_id"], [])}, task["prompt"] + extra["reference"])
        for task, extra in zip(tasks, references, strict=True)
    ]


def _released(row: dict[str, Any]) -> Problem:
    if "plus_input" in row:
        return _problem(row, row, row["prompt"] + row["canonical_solution"])
    return humaneval.read([[row]])[0]


# Not HumanEval's own solutions: some of those are wrong on the further inputs, which is what the benchmark is for.
def _problem(task: dict[str, Any], extra: dict[str, Any], reference: str) -> Problem:
    inputs = [*extra["base_input"], *extra["plus_input"]]
    oracle = "root" if task["entry_point"] == "find_zero" else "same"
    return Problem(
        id=task["task_id"],
        prompt=task["prompt"],
        entry_point=task["entry_point"],
        tests=plus.tests(
            task["entry_point"], reference, extra.get("contract", ""), inputs, extra.get("atol", 0), oracle
        ),
        canonical=reference.removeprefix(task["prompt"]),
        statement=task["prompt"],
        seconds=15.0,
    )


BENCHMARK = Benchmark(
    name="humaneval+",
    title="HumanEval+",
    files=(
        "humaneval/HumanEval.jsonl.gz",
        "humanevalplus/HumanEvalPlus.jsonl.gz",
        "humanevalplus/HumanEvalPlusInputs.jsonl.gz",
        "humanevalplus/HumanEvalPlusInputsType.jsonl.gz",
    ),
    read=read,
    hub=("evalplus/humanevalplus", None, "test"),
    published="humaneval_plus",
)
