"""HumanEval: 164 functions to be completed from signature and docstring (openai/human-eval)."""

from __future__ import annotations

from typing import Any

from trainer.evaluate.problem import Benchmark, Problem


def tests_of(entry_point: str, setting: str, test: str) -> str:
    """The judge's source: the task's own helpers (`setting`, trusted), the candidate in the entry point's place, the test.

    Some tests call the entry point by its name, and some use helpers of the prompt's, hence the setting.
    """
    return f"{setting}\n{entry_point} = candidate = ask({entry_point!r})\n{test}\ncheck(candidate)\n"


def read(files: list[list[dict[str, Any]]]) -> list[Problem]:
    """The rows as problems."""
    return [
        Problem(
            id=row["task_id"],
            prompt=row["prompt"],
            entry_point=row["entry_point"],
            tests=tests_of(row["entry_point"], row["prompt"] + "\n    pass\n", row["test"]),
            canonical=row["canonical_solution"],
            statement=row["prompt"],
        )
        for row in files[0]
    ]


BENCHMARK = Benchmark(
    name="humaneval",
    title="HumanEval",
    files=("humaneval/HumanEval.jsonl.gz",),
    read=read,
    hub=("openai/openai_humaneval", None, "test"),
    published="humaneval",
)
