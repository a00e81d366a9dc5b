"""What came out of a run, as numbers: report.json, and the sentence that says what the exam allows to say.

Everything is read from what the stages left in their folders; a number that a stage did not leave is left out here.
The page that people read is made of it in `page`.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

from assistant.ground.files import write_whole
from trainer.evolve.ledger import beside, read_rows
from trainer.pipeline.child import PRINTED
from trainer.pipeline.course import Finished
from trainer.pipeline.page import write_page
from trainer.pipeline.plan import Plan, Sources
from trainer.pipeline.stage import Done

Numbers = dict[str, Any]


def write_report(plan: Plan, sources: Sources, finished: Finished, folder: Path, seconds: float) -> Numbers:
    """Write report.json, report.md and report.html into the folder of the run; returns what is in the first."""
    numbers: Numbers = {
        "name": plan.name,
        "model": str(finished.model),
        "bytes": finished.model.stat().st_size,
        "type": plan.quantize.type,
        "base": str(sources.base),
        "teacher": str(sources.teacher),
        "registered_as": plan.register.name or None,
        "seconds": round(seconds, 1),
        "stages": [
            {"stage": done.name, "seconds": round(done.seconds, 1), "skipped": done.skipped, "folder": str(done.folder)}
            for done in finished.stages
        ],
        "evolve": _evolve(finished.evolved),
        "finetune": _json(finished.tuned / "model" / "finetune.json"),
        "quantize": _json(finished.quantized / PRINTED),
        "rounds": _rounds(plan, finished),
        "evaluate": _exam(plan, finished),
    }
    write_whole(folder / "report.json", json.dumps(numbers, indent=1, ensure_ascii=False) + "\n")
    write_page(numbers, finished, folder)
    return numbers


def _evolve(done: Done) -> Numbers:
    rows: Counter[str] = Counter()
    rounds: Counter[int] = Counter()
    out = done / "evolved.jsonl"
    for row in read_rows(out):
        rows[row.heuristic] += 1
        rounds[row.round] += 1
    rules: Counter[str] = Counter()
    with contextlib.suppress(FileNotFoundError), beside(out, "eliminated.jsonl").open(encoding="utf-8") as stream:
        rules.update(json.loads(line)["rule"] for line in stream)
    return {
        "rows": rows.total(),
        "by_heuristic": dict(rows.most_common()),
        "by_round": {str(number): count for number, count in sorted(rounds.items())},
        "eliminated": rules.total(),
        "by_rule": dict(rules.most_common()),
    }


def _rounds(plan: Plan, finished: Finished) -> Numbers | None:
    """What the stop rule saw; None where there was none."""
    if not plan.stop.benchmark:
        return None
    rows = []
    for one in finished.rounds:
        counts = {"rounds": one.rounds, "rows": sum(1 for _ in read_rows(one.evolved / "evolved.jsonl"))}
        scores = {"passed": one.passed, "problems": one.problems, "pass_at_1": one.score}
        rows.append({**counts, **scores, "kept": one is finished.chosen})
    return {"benchmark": plan.stop.benchmark, "rounds": rows, "stopped": finished.chosen is not finished.rounds[-1]}


def _exam(plan: Plan, finished: Finished) -> Numbers | None:
    if finished.before is None or finished.after is None:
        return None
    reports = [_json(done / "report.json") or {} for done in (finished.before, finished.after)]
    passed = [_passed(report) for report in reports]
    both = passed[0].keys() & passed[1].keys()
    gained = sum(1 for problem in both if passed[1][problem] and not passed[0][problem])
    lost = sum(1 for problem in both if passed[0][problem] and not passed[1][problem])
    return {
        "benchmark": plan.evaluate.benchmark,
        "problems": len(both),
        "passed_before": sum(passed[0][problem] for problem in both),
        "passed_after": sum(passed[1][problem] for problem in both),
        "gained": gained,
        "lost": lost,
        "chance": _sign_test(gained, lost),
        "prompt_before": reports[0].get("settings", {}).get("prompt"),
        "prompt_after": reports[1].get("settings", {}).get("prompt"),
        "pass_at_before": reports[0].get("pass_at"),
        "pass_at_after": reports[1].get("pass_at"),
    }


def _passed(report: Numbers) -> dict[str, bool]:
    """Whether the first sample of each problem passed; two benchmarks may use the same names for theirs."""
    outcomes = report.get("outcomes") or []
    return {f"{row.get('benchmark', '')} {row['problem']}": bool(row["passed"]) for row in reversed(outcomes)}


def _sign_test(gained: int, lost: int) -> float:
    """How likely a split at least this uneven is by chance, both directions counted."""
    from math import comb

    total, most = gained + lost, max(gained, lost)
    if not total:
        return 1.0
    return min(1.0, 2 * sum(comb(total, k) for k in range(most, total + 1)) / 2**total)


def _json(path: Path) -> Numbers | None:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else None
    return None
