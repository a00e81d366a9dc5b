"""DS-1000: a thousand tasks for NumPy, pandas, SciPy, scikit-learn, Matplotlib, PyTorch and TensorFlow.

Its tests build their data and compare in the program's own process, so all outcomes are marked `in_process`. Tasks of
libraries that are not installed here are left out, and the report says which and why.
"""

from __future__ import annotations

import functools
import importlib.util
from typing import Any

from trainer.evaluate.problem import Benchmark, Problem

# Library of the metadata → module that it needs.
_MODULES = {
    "matplotlib": "matplotlib",
    "numpy": "numpy",
    "pandas": "pandas",
    "pytorch": "torch",
    "scipy": "scipy",
    "sklearn": "sklearn",
    "tensorflow": "tensorflow",
}
_PACKAGES = (
    "matplotlib",
    "numpy",
    "pandas",
    "torch",
    "scipy",
    "scikit-learn",
    "tensorflow",
    "seaborn",
    "xgboost",
    "gensim",
)


def read(files: list[list[dict[str, Any]]]) -> list[Problem]:
    """The rows as problems."""
    return [_problem(index, row) for index, row in enumerate(files[0])]


def left_out(problem: Problem) -> str:
    """Why a task cannot run here: its library is not installed."""
    module = _MODULES.get(problem.group.lower(), "")
    if module and not _installed(module):
        return f"{module} is not installed"
    return ""


@functools.cache
def _installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _problem(index: int, row: dict[str, Any]) -> Problem:
    metadata = row["metadata"]
    context = row["code_context"]
    # The candidate is text here: the task's own context puts it where it belongs and runs both.
    ending = "test_execution(solution)\n" + ("test_string(solution)\n" if "def test_string(" in context else "")
    number = metadata.get("problem_id", index)
    return Problem(
        id=f"DS-1000/{number}",
        prompt="",
        lead=row["prompt"],
        entry_point="",
        tests=f"{context}\n{ending}",
        canonical=row["reference_code"],
        statement=row["prompt"],
        seconds=60.0,
        in_process=True,
        as_text=True,
        group=str(metadata["library"]),
    )


BENCHMARK = Benchmark(
    name="ds1000",
    title="DS-1000",
    files=("ds1000/ds1000.jsonl.gz",),
    read=read,
    hub=("xlangai/DS-1000", None, "test"),
    stops=("</code>", "\n# SOLUTION END", "\nEND SOLUTION", "\n```"),
    imports=_PACKAGES,
    left_out=left_out,
    published="ds1000",
)
