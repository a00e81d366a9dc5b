"""The report of one benchmark: what was asked, what came of it, what that says; as a JSON document.

Markdown and the picture are made from this document (`markdown`, `picture`); two documents are compared and shards
are merged in `combine`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from trainer.evaluate.execute import Outcome
from trainer.evaluate.pass_at_k import bootstrap, mean_pass_at, pass_at_k
from trainer.evaluate.problem import Left

Report = dict[str, Any]


def build(
    *,
    model: str,
    benchmark: str,
    outcomes: Sequence[Outcome],
    order: Sequence[str],
    groups: dict[str, str],
    settings: dict[str, Any],
    left: Sequence[Left],
    seconds: dict[str, float],
) -> Report:
    """The document. `order` lists the problems' ids, `groups` their parts; sandbox errors count as neither pass nor fail."""
    place = {problem: index for index, problem in enumerate(order)}
    ordered = sorted(outcomes, key=lambda outcome: (place[outcome.problem], outcome.sample))
    judged = [outcome for outcome in ordered if outcome.state != "sandbox_error"]
    counts = tally(judged)
    reasons = Counter(outcome.reason or "passed" for outcome in ordered)
    report: Report = {
        "model": model,
        "benchmark": benchmark,
        "problems": len({outcome.problem for outcome in ordered}),
        "samples_per_problem": min((n for n, _ in counts.values()), default=0),
        "pass_at": mean_pass_at(list(counts.values())),
        "intervals": intervals(counts),
        "reasons": dict(reasons.most_common()),
        "sandbox_errors": len(ordered) - len(judged),
        "judged_in_process": len({outcome.problem for outcome in ordered if outcome.in_process}),
        "settings": settings,
        "seconds": round(sum(seconds.values()), 3),
        "timing": {name: round(value, 3) for name, value in seconds.items()},
        "left_out": [{"problem": item.id, "why": item.why} for item in left],
        "missing": [problem for problem in order if problem not in counts],
        "outcomes": [outcome.row() for outcome in ordered],
    }
    if any(groups.values()):
        report["groups"] = _groups(counts, groups)
        report["group_of"] = groups
    return report


def tally(outcomes: Sequence[Outcome]) -> dict[str, tuple[int, int]]:
    """Samples and passed samples of each problem."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for outcome in outcomes:
        counts[outcome.problem][0] += 1
        counts[outcome.problem][1] += outcome.passed
    return {problem: (n, c) for problem, (n, c) in counts.items()}


def intervals(counts: dict[str, tuple[int, int]]) -> dict[str, list[float]]:
    """A 95 % interval for each pass@k of these counts."""
    return {
        k: list(bootstrap([pass_at_k(n, c, int(k)) for n, c in counts.values()]))
        for k in mean_pass_at(list(counts.values()))
    }


def outcome_of(row: dict[str, Any]) -> Outcome:
    """The outcome that a report's row stands for."""
    return Outcome(**{name: row[name] for name in Outcome.__dataclass_fields__ if name in row})


def _groups(counts: dict[str, tuple[int, int]], groups: dict[str, str]) -> dict[str, Any]:
    parts: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for problem, count in counts.items():
        parts[groups.get(problem, "")].append(count)
    return {name: {"problems": len(part), "pass_at": mean_pass_at(part)} for name, part in sorted(parts.items())}
