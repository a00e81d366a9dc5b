"""How well a model did on a benchmark, where a report of that lies beside it or in the run that made it.

Reports are wizard-train's; they are read with distrust, and a model without one has no rate. Nothing is measured here.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

_MOST_FILES = 20
_MOST_BYTES = 16_000_000


@dataclass(frozen=True)
class PassRate:
    """Share of a benchmark's problems that were solved at the first try."""

    benchmark: str
    rate: float
    problems: int

    @property
    def text(self) -> str:
        """For people: `passes 4.9% of 164 (humaneval)`."""
        return f"passes {self.rate:.1%} of {self.problems:,} ({self.benchmark})"


def pass_rate(model: Path) -> PassRate | None:
    """The newest measured rate of the model at this path; None where none is known."""
    path = model.resolve()
    for report in _reports(path):
        found = _of_run(report, path) or _of_exam(report, path)
        if found is not None:
            return found
    return None


def _reports(path: Path) -> Iterator[dict[str, Any]]:
    """What the JSON files beside the model hold, and the report of the run it was made in, newest first."""
    files: list[tuple[float, Path]] = []
    with contextlib.suppress(OSError):
        beside = islice(path.parent.glob("*.json"), _MOST_FILES)
        for file in (*beside, path.parent.parent / "report.json"):
            with contextlib.suppress(OSError):
                status = file.stat()
                if status.st_size <= _MOST_BYTES:
                    files.append((status.st_mtime, file))
    for _, file in sorted(files, reverse=True):
        with contextlib.suppress(OSError, ValueError, RecursionError):
            row = json.loads(file.read_text(encoding="utf-8"))
            if isinstance(row, dict):
                yield row


def _of_run(report: dict[str, Any], path: Path) -> PassRate | None:
    exam = report.get("evaluate")
    if not isinstance(exam, dict) or not _is_of(report, path):
        return None
    problems, passed = exam.get("problems"), exam.get("passed_after")
    if not isinstance(problems, int) or not isinstance(passed, int) or problems <= 0:
        return None
    return _made(exam.get("benchmark"), passed / problems, problems)


def _of_exam(report: dict[str, Any], path: Path) -> PassRate | None:
    rates, problems = report.get("pass_at"), report.get("problems")
    if not isinstance(rates, dict) or not isinstance(problems, int) or not _is_of(report, path):
        return None
    rate = rates.get("1")
    return _made(report.get("benchmark"), float(rate), problems) if isinstance(rate, (int, float)) else None


def _is_of(report: dict[str, Any], path: Path) -> bool:
    named = report.get("model")
    if not isinstance(named, str) or "\0" in named:
        return False
    # A report may have been made elsewhere, by a relative path, or before its folder was moved.
    return Path(named).name == path.name


def _made(benchmark: object, rate: float, problems: int) -> PassRate | None:
    return PassRate(str(benchmark)[:60], rate, problems) if 0 <= rate <= 1 else None
