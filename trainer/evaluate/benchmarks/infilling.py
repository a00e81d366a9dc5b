"""HumanEval-infilling: the middle of a function is missing: one line, several, or a random span (openai)."""

from __future__ import annotations

from typing import Any

from trainer.evaluate.benchmarks.humaneval import tests_of
from trainer.evaluate.problem import Benchmark, Problem


def read(files: list[list[dict[str, Any]]]) -> list[Problem]:
    """The rows as problems; the tests see the helpers of the whole canonical program."""
    return [
        Problem(
            id=row["task_id"],
            prompt=row["prompt"],
            suffix=row["suffix"],
            entry_point=row["entry_point"],
            tests=tests_of(
                row["entry_point"], row["prompt"] + row["canonical_solution"] + row["suffix"] + "\n", row["test"]
            ),
            canonical=row["canonical_solution"],
            statement=(
                "Fill in what is missing at the comment FILL IN HERE; answer with that part only.\n"
                f"{row['prompt']}# FILL IN HERE\n{row['suffix']}"
            ),
        )
        for row in files[0]
    ]


def _row(name: str, title: str, file: str, lines: int = 0) -> Benchmark:
    return Benchmark(name, title, (f"humaneval_infilling/{file}.jsonl.gz",), read, first_lines=lines)


BENCHMARKS = (
    _row("infilling-single-line", "Infilling, single line", "HumanEval-SingleLineInfilling", 1),
    _row("infilling-multi-line", "Infilling, multi line", "HumanEval-MultiLineInfilling"),
    _row("infilling-random-span", "Infilling, random span", "HumanEval-RandomSpanInfilling"),
    _row("infilling-random-span-light", "Infilling, random span (light)", "HumanEval-RandomSpanInfillingLight"),
)
