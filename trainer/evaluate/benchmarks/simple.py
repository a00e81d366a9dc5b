"""Simple: 208 one-line functions, each asked for in a sentence, for models that are near the floor of HumanEval.

Written by hand for this project: `simple.jsonl` beside this file has the call, the task in words, an expression that is right, and
inputs. `wizard-train evolve --decontaminate simple` keeps them out of training data, as it does with other benchmarks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trainer.evaluate.problem import Benchmark, Problem


def read(files: list[list[dict[str, Any]]]) -> list[Problem]:
    """The rows as problems."""
    return [_problem(row) for row in files[0]]


def _problem(row: dict[str, Any]) -> Problem:
    name, arguments = row["call"].rstrip(")").split("(")
    checks = "\n".join(f"assert {name}({values}) == expected({values})" for values in row["inputs"])
    return Problem(
        id=f"simple/{name}",
        prompt=f'def {row["call"]}:\n    """Return {row["task"]}."""\n',
        entry_point=name,
        tests=f"expected = lambda {arguments}: {row['answer']}\n{name} = ask({name!r})\n{checks}\n",
        canonical=f"    return {row['answer']}\n",
        statement=f"Return {row['task']}.",
        instruction=f"Write a Python function {row['call']} that returns {row['task']}.",
    )


BENCHMARK = Benchmark(
    name="simple",
    title="Simple",
    files=(str(Path(__file__).with_suffix(".jsonl")),),
    read=read,
)
