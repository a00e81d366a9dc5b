"""The report for people: a few lines on the terminal, a page of Markdown, a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assistant.ground.files import write_whole

Report = dict[str, Any]


def summary(reports: Sequence[Report]) -> str:
    """A line or two for each report."""
    return "\n".join(_line(report) for report in reports)


def write_pages(out: Path, reports: Sequence[Report]) -> None:
    """Write the Markdown page and the picture beside the report."""
    write_whole(out.with_suffix(".md"), page(reports))


def page(reports: Sequence[Report]) -> str:
    """The Markdown page."""
    lines = [f"# {reports[0]['model']}", ""]
    for report in reports:
        lines += [f"## {report['benchmark']}", "", _line(report), ""]
    return "\n".join(lines)


def _line(report: Report) -> str:
    shown = []
    for k, value in report["pass_at"].items():
        low, high = report["intervals"][k]
        shown.append(f"pass@{k} {value:.1%} ({low:.1%} to {high:.1%})")
    problems = f"{report['problems']} problems × {report['samples_per_problem']}"
    return f"{report['benchmark']}: {', '.join(shown) or 'nothing judged'} on {problems}, {report['seconds']:.1f} s"
