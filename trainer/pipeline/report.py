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
from trainer.evaluate.paired import paired
from trainer.evaluate.pass_at_k import mcnemar
from trainer.evolve.files.ledger import beside, read_rows
from trainer.pipeline.child import PRINTED
from trainer.pipeline.course import Finished
from trainer.pipeline.page import write_page
from trainer.pipeline.plan import Plan
from trainer.pipeline.sources import Sources
from trainer.pipeline.stage import Done
from trainer.pipeline.stages import INTERFACES

Numbers = dict[str, Any]


def write_report(plan: Plan, sources: Sources, finished: Finished, folder: Path, seconds: float) -> Numbers:
    """Write report.json, report.md and report.html into the folder of the run; returns what is in the first."""
    numbers: Numbers = {
        "name": plan.name,
        "model": str(finished.model),
        "bytes": finished.model.stat().st_size,
        "type": "adapter" if sources.model else plan.quantize.type,
        "adapter_of": str(sources.model) if sources.model else None,
        "base": str(sources.base),
        "teacher": str(sources.teacher),
        "registered_as": None if sources.model else plan.register.name or None,
        "seconds": round(seconds, 1),
        "stages": [
            {"stage": done.name, "seconds": round(done.seconds, 1), "skipped": done.skipped, "folder": str(done.folder)}
            for done in finished.stages
        ],
        "evolve": _evolve(finished.evolved),
        "interfaces": _interfaces(finished.interfaces),
        "finetune": _json(finished.tuned / "model" / "finetune.json"),
        "quantize": _json(finished.quantized / PRINTED),
        "rounds": _rounds(plan, finished),
        "held_out": _held_out(finished),
        "evaluate": _exam(plan, finished),
    }
    write_whole(folder / "report.json", json.dumps(numbers, indent=1, ensure_ascii=False) + "\n")
    write_page(numbers, finished, folder)
    return numbers


def _evolve(done: Done | None) -> Numbers | None:
    if done is None:
        return None
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


def _interfaces(done: Done | None) -> Numbers | None:
    if done is None:
        return None
    told = _json(beside(done / INTERFACES, "manifest.json")) or {}
    return {key: told.get(key) for key in ("kept", "eliminated", "checks")}


def _rounds(plan: Plan, finished: Finished) -> Numbers | None:
    """What the stop rule saw; None where there was none."""
    if not plan.stop.benchmark:
        return None
    rows = []
    for one in finished.rounds:
        rows_kept = sum(1 for _ in read_rows(one.evolved / "evolved.jsonl")) if one.evolved else 0
        counts: Numbers = {"rounds": one.rounds, "rows": rows_kept}
        scores = {"passed": one.passed, "problems": one.problems, "pass_at_1": one.score}
        rows.append({**counts, **scores, "kept": one is finished.chosen})
    return {"benchmark": plan.stop.benchmark, "rounds": rows, "stopped": finished.chosen is not finished.rounds[-1]}


def _held_out(finished: Finished) -> Numbers | None:
    """The loss on held-out responses before and after, row by row, and what its change says; None where none was asked for."""
    if finished.held_out is None:
        return None
    before, after = (_losses(_json(done / "report.json") or {}) for done in finished.held_out)
    both = sorted(before.keys() & after.keys())
    if not both:
        return None
    told = paired([before[row] for row in both], [after[row] for row in both])
    better = sum(after[row] < before[row] for row in both)
    return {
        "rows": told.rows,
        "loss_before": told.first,
        "loss_after": told.second,
        "change": told.change,
        "interval": [told.low, told.high],
        "chance": told.p,
        "better": better,
        "losses": [{"row": row, "before": before[row], "after": after[row]} for row in both],
    }


def _losses(report: Numbers) -> dict[int, float]:
    return {int(row["row"]): float(row["loss"]) for row in report.get("losses") or []}


def _exam(plan: Plan, finished: Finished) -> Numbers | None:
    if finished.before is None or finished.after is None:
        return None
    reports = [_json(done / "report.json") or {} for done in (finished.before, finished.after)]
    asked = [_compared(_json(done / "report.json") or {}, reports[1]) for done in finished.base_asked]
    whole = _json(finished.unquantized / "report.json") if finished.unquantized else None
    return {
        "benchmark": plan.evaluate.benchmark,
        **_compared(reports[0], reports[1]),
        "base_asked": asked,
        "unquantized": _kept(reports, whole) if whole else None,
        "prompt_before": reports[0].get("settings", {}).get("prompt"),
        "prompt_after": reports[1].get("settings", {}).get("prompt"),
        "pass_at_before": reports[0].get("pass_at"),
        "pass_at_after": reports[1].get("pass_at"),
    }


def _compared(first: Numbers, second: Numbers) -> Numbers:
    """Two exams of the same problems: how many each solved, and how likely the difference is by chance (McNemar, exact)."""
    before, after = _passed(first), _passed(second)
    order = sorted(before.keys() & after.keys())
    test = mcnemar([before[problem] for problem in order], [after[problem] for problem in order])
    return {
        "prompt": first.get("settings", {}).get("prompt"),
        "problems": len(order),
        "passed_before": sum(before[problem] for problem in order),
        "passed_after": sum(after[problem] for problem in order),
        "gained": test.only_second,
        "lost": test.only_first,
        "chance": test.p,
    }


def _kept(reports: list[Numbers], whole: Numbers) -> Numbers:
    """What the checkpoint solved before it was quantized, and which share of its gain the file has kept."""
    before, after = _compared(reports[0], whole), _compared(whole, reports[1])
    gain = before["passed_after"] - before["passed_before"]
    kept = (after["passed_after"] - before["passed_before"]) / gain if gain > 0 else None
    return {"passed": before["passed_after"], "chance": after["chance"], "kept": kept}


def _passed(report: Numbers) -> dict[str, bool]:
    """Whether the first sample of each problem passed; two benchmarks may use the same names for theirs."""
    outcomes = report.get("outcomes") or []
    return {f"{row.get('benchmark', '')} {row['problem']}": bool(row["passed"]) for row in reversed(outcomes)}


def _json(path: Path) -> Numbers | None:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else None
    return None
