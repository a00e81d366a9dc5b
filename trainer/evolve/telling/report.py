"""The report of a set: what is in it, what was thrown away and why, with pictures and samples; Markdown and HTML.

All of it is read from the files of the set in one pass each, so it holds for resumed runs too and for any size.
"""

from __future__ import annotations

import base64
import html
import itertools
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from assistant.ground.files import write_whole
from trainer.evolve.checking.code import code_of
from trainer.evolve.files.ledger import beside, read_rows

Table = tuple[str, tuple[str, ...], list[tuple[str, ...]]]

_SAMPLES = 3
_BRANCH = re.compile(r"\b(?:if|elif|for|while|case|except|catch|switch|and|or)\b|&&|\|\||\?")


@dataclass
class Numbers:
    """What was counted."""

    by_heuristic: Counter[str] = field(default_factory=Counter)
    by_round: Counter[int] = field(default_factory=Counter)
    by_rule: Counter[str] = field(default_factory=Counter)
    eliminated_by_heuristic: Counter[str] = field(default_factory=Counter)
    verified: int = 0
    unverified: int = 0
    task_words: dict[int, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    """Round → words in the task → rows."""
    answer_lines: dict[int, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    branches: dict[int, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    """Round → places in the answer's code where it may go two ways → rows: how hard the task is, roughly."""
    samples: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    thrown: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))

    @property
    def evolved(self) -> int:
        """Rows that are no seeds."""
        return self.by_heuristic.total() - self.by_heuristic["seed"]


def read_numbers(out: Path) -> Numbers:
    """Count what is in the files of a set."""
    numbers = Numbers()
    for row in read_rows(out):
        numbers.by_heuristic[row.heuristic] += 1
        numbers.by_round[row.round] += 1
        numbers.verified += row.verified is True
        numbers.unverified += row.verified is False
        numbers.task_words[row.round][len(row.instruction.split())] += 1
        block = code_of(row.response)
        numbers.answer_lines[row.round][row.response.count("\n") + 1] += 1
        numbers.branches[row.round][len(_BRANCH.findall(block.text)) if block else 0] += 1
        if len(numbers.samples[row.heuristic]) < _SAMPLES:
            numbers.samples[row.heuristic].append((row.instruction, row.response))
    file = beside(out, "eliminated.jsonl")
    if file.exists():
        with file.open(encoding="utf-8") as stream:
            for line in stream:
                thrown = json.loads(line)
                numbers.by_rule[thrown["rule"]] += 1
                numbers.eliminated_by_heuristic[thrown["heuristic"]] += 1
                if len(numbers.thrown[thrown["rule"]]) < _SAMPLES:
                    numbers.thrown[thrown["rule"]].append((thrown["instruction"], thrown["reason"]))
    return numbers


def write_report(out: Path, numbers: Numbers) -> Path:
    """Write OUT.report.md and OUT.report.html, with the pictures in OUT.report/; returns the Markdown file."""
    from trainer.evolve.telling.pictures import draw_pictures

    folder = beside(out, "report")
    pictures = draw_pictures(numbers, folder)
    page = beside(out, "report.md")
    write_whole(page, _markdown(out, numbers, [picture.relative_to(page.parent) for picture in pictures]))
    write_whole(beside(out, "report.html"), _html(out, numbers, pictures))
    return page


def tables(numbers: Numbers) -> list[Table]:
    """Title, head and rows of each table of the report."""
    heuristics: list[tuple[str, ...]] = []
    for name in sorted(numbers.by_heuristic.keys() | numbers.eliminated_by_heuristic.keys()):
        kept, gone = numbers.by_heuristic[name], numbers.eliminated_by_heuristic[name]
        heuristics.append((name, f"{kept:,}", f"{gone:,}", f"{kept / (kept + gone):.0%}"))
    rounds: list[tuple[str, ...]] = []
    for number in sorted(numbers.by_round):
        middle = [
            f"{median(counts[number]):g}" for counts in (numbers.task_words, numbers.answer_lines, numbers.branches)
        ]
        rounds.append((str(number), f"{numbers.by_round[number]:,}", *middle))
    found: list[Table] = [
        ("By heuristic", ("heuristic", "kept", "eliminated", "acceptance"), heuristics),
        ("By round", ("round", "rows", "words in the task", "lines in the answer", "branches in its code"), rounds),
        ("Eliminated by", ("rule", "tasks"), [(rule, f"{count:,}") for rule, count in numbers.by_rule.most_common()]),
    ]
    if numbers.verified or numbers.unverified:
        marks: list[tuple[str, ...]] = [
            ("verified", f"{numbers.verified:,}"),
            ("not verified", f"{numbers.unverified:,}"),
        ]
        found.append(("Verified by running", ("", "rows"), marks))
    return found


def median(counts: Counter[int]) -> float:
    """The value that half of the counted lie below."""
    half, seen = counts.total() / 2, 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= half:
            return value
    return 0


def _markdown(out: Path, numbers: Numbers, pictures: list[Path]) -> str:
    lines = [f"# {out.name}", "", f"{sum(numbers.by_round.values()):,} rows, {numbers.evolved:,} of them evolved.", ""]
    for title, head, rows in tables(numbers):
        lines += [f"## {title} (medians)" if title == "By round" else f"## {title}", ""]
        lines += [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(row)} |" for row in rows), ""]
    lines += [f"![{picture.stem}]({picture.as_posix()})" for picture in pictures]
    lines += ["", "## Samples", ""]
    for name, instruction, response in _picked(numbers.samples):
        lines += [f"### {name}", "", *_quoted(instruction), "", *_quoted(response, "    "), ""]
    lines += ["## Thrown away", ""]
    for rule, instruction, reason in _picked(numbers.thrown):
        lines += [f"### {rule}: {reason}", "", *_quoted(instruction), ""]
    return "\n".join(lines) + "\n"


def _picked(samples: dict[str, list[tuple[str, str]]]) -> list[tuple[str, str, str]]:
    return [(name, one, other) for name in sorted(samples) for one, other in samples[name][:_SAMPLES]]


def _quoted(text: str, mark: str = "> ") -> list[str]:
    lines = text[:1500].splitlines()
    return [mark + line for line in itertools.islice(lines, 30)] + (
        [f"{mark}…"] if len(text) > 1500 or len(lines) > 30 else []
    )


def _html(out: Path, numbers: Numbers, pictures: list[Path]) -> str:
    title = html.escape(out.name)
    parts = [
        "<!doctype html><meta charset='utf-8'>",
        f"<title>{title}</title><style>body{{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}}"
        "td,th{padding:.2rem .8rem;text-align:left}pre{white-space:pre-wrap;background:#f4f4f4;padding:.6rem}img{max-width:100%}</style>",
        f"<h1>{title}</h1><p>{sum(numbers.by_round.values()):,} rows, {numbers.evolved:,} of them evolved.</p>",
    ]
    for name, head, rows in tables(numbers):
        cells = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
        parts.append(
            f"<h2>{html.escape(name)}</h2><table><tr>{''.join(f'<th>{h}</th>' for h in head)}</tr>{cells}</table>"
        )
    for picture in pictures:
        data = base64.b64encode(picture.read_bytes()).decode()
        parts.append(f"<img alt='{html.escape(picture.stem)}' src='data:image/png;base64,{data}'>")
    for section, samples in (("Samples", numbers.samples), ("Thrown away", numbers.thrown)):
        parts.append(f"<h2>{section}</h2>")
        for name, one, other in _picked(samples):
            texts = f"<pre>{html.escape(one[:3000])}</pre><pre>{html.escape(other[:3000])}</pre>"
            parts.append(f"<h3>{html.escape(name)}</h3>{texts}")
    return "\n".join(parts) + "\n"
