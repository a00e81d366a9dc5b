"""The report for people: a few lines on the terminal and a page of Markdown, beside the published figures.

Everything is said from the JSON document alone. The picture is made in `picture`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assistant.ground.files import write_whole
from assistant.ground.visible import visible_line
from trainer.evaluate.benchmarks.table import BENCHMARKS
from trainer.evaluate.pass_at_k import McNemar

Report = dict[str, Any]

COLUMNS = {"humaneval": "HumanEval", "humaneval_plus": "HumanEval+", "mbpp": "MBPP", "ds1000": "DS-1000"}
_FAILURES_SHOWN = 20


def summary(reports: Sequence[Report]) -> str:
    """A few lines for each report, for the terminal."""
    lines = []
    for report in reports:
        lines.append(_line(report))
        reasons = ", ".join(f"{count} {reason}" for reason, count in report["reasons"].items() if reason != "passed")
        lines += [f"  not passed: {reasons}"] if reasons else []
        lines += [f"  left out: {len(report['left_out'])} problem(s)"] if report["left_out"] else []
        lines += [f"  not attempted: {len(report['missing'])} problem(s)"] if report["missing"] else []
    return "\n".join(lines)


def write_pages(out: Path, reports: Sequence[Report]) -> None:
    """Write the Markdown page and, where matplotlib is installed, the picture beside the report."""
    from trainer.evaluate.picture import draw

    drawn = draw(out.with_suffix(".png"), reports)
    write_whole(out.with_suffix(".md"), page(reports, out.with_suffix(".png").name if drawn else ""))


def published() -> list[dict[str, Any]]:
    """The rows of published.toml."""
    text = Path(__file__).with_name("published.toml").read_text(encoding="utf-8")
    return list(tomllib.loads(text)["model"])


def page(reports: Sequence[Report], picture: str = "") -> str:
    """The Markdown page."""
    lines = [f"# {_cell(reports[0]['model'])}", ""]
    lines += [f"![pass@1 beside published figures]({picture})", ""] if picture else []
    for report in reports:
        lines += _section(report)
    return "\n".join([*lines, *_beside_published(reports)])


def compared(first: Report, second: Report, test: McNemar) -> str:
    """A paragraph on two reports of the same problems."""
    return (
        f"Beside {_cell(second['model'])} ({second['pass_at'].get('1', 0):.1%}): "
        f"{test.only_first} problem(s) solved here only, {test.only_second} there only; "
        f"McNemar's exact p = {test.p:.3g}."
    )


def _section(report: Report) -> list[str]:
    settings = report["settings"]
    lines = [f"## {_title(report)}", "", _line(report), ""]
    if settings.get("unsafe_no_sandbox"):
        lines += ["**Run with --unsafe-no-sandbox: nothing kept the programs from interfering.**", ""]
    if report["judged_in_process"]:
        many = report["judged_in_process"]
        lines += [f"{many} problem(s) were judged in the program's own process, where a pass can be faked.", ""]
    if report["sandbox_errors"]:
        lines += [f"**{report['sandbox_errors']} sample(s) could not be judged: the sandbox itself failed.**", ""]
    if "compared" in report:
        lines += [report["compared"], ""]
    lines += ["| Outcome | Samples |", "|---|---|"]
    lines += [f"| {_cell(reason)} | {count} |" for reason, count in report["reasons"].items()]
    lines += ["", *_parts(report), *_failures(report), *_left(report)]
    told = ", ".join(f"{name} {value}" for name, value in settings.items() if value not in ("", None, False))
    return [*lines, f"Settings: {_cell(told)}. Timing: {report['timing']}.", ""]


def _parts(report: Report) -> list[str]:
    if "groups" not in report:
        return []
    rows = [f"| {_cell(n)} | {g['problems']} | {g['pass_at'].get('1', 0):.1%} |" for n, g in report["groups"].items()]
    return ["| Part | Problems | pass@1 |", "|---|---|---|", *rows, ""]


def _failures(report: Report) -> list[str]:
    failed = [row for row in report["outcomes"] if not row["passed"]]
    if not failed:
        return []
    rows = [
        f"| {_cell(row['problem'])} | {_cell(row['reason'])} | {_cell(row['detail'])[:120]} | {row['seconds']:.2f} |"
        for row in failed[:_FAILURES_SHOWN]
    ]
    more = (
        [f"… and {len(failed) - _FAILURES_SHOWN} more in the JSON report.", ""] if len(failed) > _FAILURES_SHOWN else []
    )
    return ["| Problem | Reason | Detail | Seconds |", "|---|---|---|---|", *rows, "", *more]


def _left(report: Report) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for item in report["left_out"]:
        reasons.setdefault(item["why"], []).append(item["problem"])
    return [f"Left out, {_cell(why)}: {len(ids)} ({_cell(', '.join(ids[:10]))}…)\n" for why, ids in reasons.items()]


def _beside_published(reports: Sequence[Report]) -> list[str]:
    ours = {column_of(report): report["pass_at"].get("1") for report in reports}
    if not set(ours) & set(COLUMNS):
        return []
    head = ["## Beside published figures (pass@1, per cent)", "", "| Model | " + " | ".join(COLUMNS.values()) + " |"]
    head.append("|---" * (len(COLUMNS) + 1) + "|")
    mine = [f"{value * 100:.1f}" if (value := ours.get(name)) is not None else "" for name in COLUMNS]
    rows = [f"| **{_cell(reports[0]['model'])}** (here) | " + " | ".join(mine) + " |"]
    sources: dict[str, None] = {}
    for model in published():
        figures = [model.get(name, {}) for name in COLUMNS]
        sources |= {figure["source"]: None for figure in figures if figure}
        rows.append(f"| {model['name']} | " + " | ".join(str(figure.get("percent", "")) for figure in figures) + " |")
    return [*head, *rows, "", "Sources: " + "; ".join(sources) + ".", ""]


def column_of(report: Report) -> str:
    """The column of published figures that a report belongs to, empty for none."""
    row = BENCHMARKS.get(report["benchmark"])
    return row.published if row is not None else ""


def _line(report: Report) -> str:
    shown = []
    for k, value in report["pass_at"].items():
        low, high = report["intervals"][k]
        shown.append(f"pass@{k} {value:.1%} (95 %: {low:.1%} to {high:.1%})")
    problems = f"{report['problems']} problems × {report['samples_per_problem']}"
    return f"{_title(report)}: {', '.join(shown) or 'nothing judged'}, {problems}, {report['seconds']:.1f} s"


def _title(report: Report) -> str:
    row = BENCHMARKS.get(report["benchmark"])
    return row.title if row is not None else str(report["benchmark"])


def _cell(text: str) -> str:
    """Text from models and files, fit for a table."""
    return visible_line(str(text)).replace("|", "\\|").replace("<", "&lt;")
