"""Finds the benchmarks whose problems must not leak into training data, where their data is on this machine.

They are read as `evaluate` reads them. Nothing is downloaded for this: what is not there is named, so that nobody
takes a set for clean that was never compared.
"""

from __future__ import annotations

import gzip
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.errors import UsageError
from trainer.errors import TrainerError
from trainer.evaluate.benchmarks.table import BENCHMARKS
from trainer.evaluate.sources import data_folder, load
from trainer.evolve.checking.decontaminate import Benchmarks, Exam

DEFAULT = "humaneval,mbpp,ds1000"


def find_benchmarks(
    names: str, data: Path | None, required: bool, by_name: bool = False
) -> tuple[Benchmarks, dict[str, int], list[str]]:
    """The problems of the named benchmarks (or .jsonl files), how many each has, and which were not found.

    Args:
        names: with commas between them; one that ends in "?" may be absent, whatever `required` says.
        by_name: see `Benchmarks`.

    Raises:
        UsageError: there is no benchmark of that name.
        TrainerError: one is not on this machine, and `required` is set; or its data is damaged.
    """
    exams: list[Exam] = []
    counts: dict[str, int] = {}
    missing: list[str] = []
    needed: list[str] = []
    for part in filter(None, (part.strip() for part in names.split(","))):
        name = part.removesuffix("?")
        found = list(_own(Path(name)) if name.endswith((".jsonl", ".jsonl.gz")) else _named(name, data))
        if found:
            counts[name] = len(found)
            exams += found
        else:
            missing.append(name)
            needed += [name] if required and name == part else []
    if needed:
        raise TrainerError(
            f"cannot keep {' and '.join(needed)} out of the data",
            "its problems are not on this machine",
            f"WIZARD_SHARED=FOLDER, or --decontaminate '{needed[0]}?' where it may be absent",
        )
    return Benchmarks(exams, by_name), counts, missing


def _named(name: str, data: Path | None) -> Iterator[Exam]:
    row = BENCHMARKS.get(name)
    if row is None:
        raise UsageError(f"there is no benchmark {name}", f"known are {', '.join(BENCHMARKS)}", DEFAULT)
    folder = data or data_folder() or Path()
    if not row.files or not all((folder / file).is_file() for file in row.files):
        return
    with warnings.catch_warnings():
        # Some of the solutions have escapes that Python warns of; that is their authors' business.
        warnings.simplefilter("ignore")
        problems = load(row, folder)
    for problem in problems:
        statement = problem.statement or problem.lead or problem.prompt
        yield Exam(f"{row.title} {problem.id}", statement, problem.program(problem.canonical), problem.tests)


def _own(path: Path) -> Iterator[Exam]:
    """Problems in a file of the schemas of HumanEval, MBPP or DS-1000."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as stream:
            rows = [json.loads(line) for line in stream if line.strip()]
        for number, row in enumerate(rows, 1):
            yield _exam(row, number)
    except (OSError, EOFError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise TrainerError(f"cannot read the benchmark {path}", str(error), "one JSON object a line") from error


def _exam(row: dict[str, Any], number: int) -> Exam:
    words = next((row[key] for key in ("text", "prompt", "question", "instruction") if row.get(key)), "")
    code = next((row[key] for key in ("code", "canonical_solution", "reference_code", "solution") if row.get(key)), "")
    name = row.get("task_id") or row.get("metadata", {}).get("problem_id") or number
    tests = row.get("test_list") or row.get("test") or ""
    lead = f"{words}\n" if "def " in words and "def " not in code else ""
    return Exam(str(name), str(words), lead + str(code), "\n".join(tests) if isinstance(tests, list) else str(tests))
