"""Several reports together: shards of one evaluation merged, and two models compared on the same problems."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.errors import cause_of
from trainer.errors import TrainerError
from trainer.evaluate import report as reports
from trainer.evaluate.execute import Outcome
from trainer.evaluate.pass_at_k import McNemar, mcnemar
from trainer.evaluate.problem import Left
from trainer.evaluate.report import Report, outcome_of

_WANTED = "a report of wizard-train evaluate"


@dataclass(frozen=True)
class _LeftOut:
    problem: str
    why: str


@dataclass(frozen=True)
class _Shape:
    """What is read of a report here, and of what kind it must be."""

    model: str
    benchmark: str
    outcomes: list[Outcome]
    settings: dict[str, Any]
    timing: dict[str, float]
    left_out: list[_LeftOut]
    missing: list[str] = field(default_factory=list)
    group_of: dict[str, str] = field(default_factory=dict)


def read_report(path: Path) -> Report:
    """A report that `wizard-train evaluate` wrote.

    Raises:
        TrainerError: it is none, or one of several benchmarks at once.
    """
    found = read_reports(path)
    if len(found) != 1:
        raise TrainerError(f"cannot read {path}", "it is no report of one benchmark", _WANTED)
    return next(iter(found.values()))


def read_reports(path: Path) -> dict[str, Report]:
    """The report that `wizard-train evaluate` wrote, or those of several benchmarks that it wrote as one, by benchmark.

    Raises:
        TrainerError: it is none.
    """
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise TrainerError(f"cannot read {path}", cause_of(error), _WANTED) from error
    except (ValueError, RecursionError) as error:
        raise TrainerError(f"cannot read {path}", "it is no JSON", _WANTED) from error
    try:
        parts = (
            [
                {**part, "outcomes": [row for row in document["outcomes"] if row["benchmark"] == part["benchmark"]]}
                for part in document["reports"]
            ]
            if "reports" in document
            else [document]
        )
        found = {str(part["benchmark"]): part for part in parts}
    except (TypeError, KeyError):
        found = {}
    if not found:
        raise TrainerError(f"cannot read {path}", "it is no report", _WANTED)
    for part in found.values():
        _require_shape(part, path)
    return found


def _require_shape(part: Report, path: Path) -> None:
    from pydantic import TypeAdapter, ValidationError

    try:
        TypeAdapter(_Shape).validate_python(part)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise TrainerError(
            f"cannot read {path}", f"it is no report ({place}: {first['msg'].lower()})", _WANTED
        ) from None


def merge(parts: Sequence[Report]) -> Report:
    """One report of shards: the same model, benchmark and settings, each problem in one of them.

    Raises:
        TrainerError: they do not belong together, or overlap.
    """
    first = parts[0]
    for part in parts[1:]:
        for name in ("model", "benchmark"):
            if part[name] != first[name]:
                raise TrainerError("cannot merge the reports", f"they differ in {name}: {first[name]} and {part[name]}")
        differing = [n for n, v in first["settings"].items() if n != "shard" and part["settings"].get(n) != v]
        if differing:
            raise TrainerError("cannot merge the reports", f"they were made with another {differing[0]}")
    outcomes = [outcome_of(row) for part in parts for row in part["outcomes"]]
    keys = [(outcome.problem, outcome.sample) for outcome in outcomes]
    if len(set(keys)) != len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise TrainerError("cannot merge the reports", f"{twice[0]} is in more than one of them")
    left = {item["problem"]: Left(item["problem"], item["why"]) for part in parts for item in part["left_out"]}
    missing = {problem for part in parts for problem in part.get("missing", ())}
    order = sorted({outcome.problem for outcome in outcomes} | missing, key=_natural)
    return reports.build(
        model=first["model"],
        benchmark=first["benchmark"],
        outcomes=outcomes,
        order=order,
        groups={problem: name for part in parts for problem, name in part.get("group_of", {}).items()},
        settings={**first["settings"], "shard": ", ".join(str(part["settings"].get("shard")) for part in parts)},
        left=list(left.values()),
        seconds={name: sum(part["timing"].get(name, 0.0) for part in parts) for name in first["timing"]},
    )


def compare(first: Report, second: Report) -> McNemar:
    """The paired test on the first sample of each problem that both have.

    Raises:
        TrainerError: they have no problem in common.
    """
    one, other = _firsts(first), _firsts(second)
    both = [problem for problem in one if problem in other]
    if first["benchmark"] != second["benchmark"] or not both:
        raise TrainerError(
            "cannot compare the reports", "they have no problem in common", "two reports of one benchmark"
        )
    return mcnemar([one[problem] for problem in both], [other[problem] for problem in both])


def _firsts(report: Report) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for row in report["outcomes"]:
        if row["state"] != "sandbox_error":
            found.setdefault(row["problem"], row["state"] == "passed")
    return found


def _natural(name: str) -> list[Any]:
    """Numbers in a name by their value: HumanEval/2 before HumanEval/10."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in name.replace("/", " / ").split(" ")]
