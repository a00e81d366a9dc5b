"""What came out of a run, in one Markdown page and one JSON document: honest numbers, good or bad.

Everything is read from what the stages left in their folders; a number that a stage did not leave is left out here.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

from assistant.ground.files import human_bytes, write_whole
from trainer.evolve.ledger import beside, read_rows
from trainer.pipeline.child import PRINTED
from trainer.pipeline.course import Finished
from trainer.pipeline.plan import Plan, Sources
from trainer.pipeline.stage import Done

Numbers = dict[str, Any]


def write_report(plan: Plan, sources: Sources, finished: Finished, folder: Path, seconds: float) -> Numbers:
    """Write report.json and report.md into the folder of the run; returns what is in them."""
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
        "evaluate": _exam(plan, finished),
    }
    write_whole(folder / "report.json", json.dumps(numbers, indent=1, ensure_ascii=False) + "\n")
    write_whole(folder / "report.md", _page(numbers))
    return numbers


def verdict(numbers: Numbers) -> str:
    """What the exam says, in one sentence that does not claim more than the counts allow."""
    exam = numbers["evaluate"]
    if not exam:
        return "No exam was asked for."
    before, after, count = exam["passed_before"], exam["passed_after"], exam["problems"]
    told = f"{exam['benchmark']}: {before} of {count} problems solved before, {after} of {count} after."
    gained, lost = exam["gained"], exam["lost"]
    if not gained and not lost:
        return f"{told} The same problems are solved."
    changed = f"{gained} gained and {lost} lost"
    if exam["chance"] > 0.05:
        return f"{told} {changed}: so few changes may be chance (p = {exam['chance']:.2f}, sign test)."
    return f"{told} {changed}: that is unlikely to be chance (p = {exam['chance']:.3f}, sign test)."


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
    """Whether the first sample of each problem passed."""
    outcomes = report.get("outcomes") or []
    return {str(row["problem"]): bool(row["passed"]) for row in reversed(outcomes)}


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


def _page(numbers: Numbers) -> str:
    lines = [f"# {numbers['name']}", "", verdict(numbers), ""]
    lines += [f"- Model: `{numbers['model']}` ({numbers['type']}, {human_bytes(numbers['bytes'])})"]
    if numbers["registered_as"]:
        lines += [f"- Run it: `wizard-tui --model {numbers['registered_as']}`"]
    lines += [f"- Base: `{numbers['base']}`; teacher: `{numbers['teacher']}`", "", "## Instructions", ""]
    evolve = numbers["evolve"]
    lines += [f"{evolve['rows']:,} rows kept, {evolve['eliminated']:,} eliminated.", ""]
    lines += _table(("kept by heuristic", "rows"), evolve["by_heuristic"])
    lines += _table(("eliminated by rule", "tasks"), evolve["by_rule"])
    lines += ["## Fine-tuning", "", *_finetuning(numbers["finetune"] or {}), "## Quantization", ""]
    lines += [*_quantization(numbers["quantize"] or {}), "## Exam", "", verdict(numbers), ""]
    if numbers["evaluate"]:
        asked = (numbers["evaluate"]["prompt_before"], numbers["evaluate"]["prompt_after"])
        lines += [f"The problems were put as {asked[0]} before and as {asked[1]} after, as suits each model.", ""]
    lines += ["## Time", "", "| stage | seconds | |", "|---|---:|---|"]
    for row in numbers["stages"]:
        lines.append(f"| {row['stage']} | {row['seconds']:.1f} | {'from an earlier run' if row['skipped'] else ''} |")
    return "\n".join([*lines, "", f"This run took {numbers['seconds']:.0f} seconds.", ""])


def _finetuning(summary: Numbers) -> list[str]:
    lines = []
    if summary.get("loss_first") is not None:
        steps = f"{summary.get('steps', '?')} steps: "
        lines.append(f"- {steps}training loss {summary['loss_first']:.3f} at first, {summary['loss_last']:.3f} at last")
    if summary.get("dev_loss") is not None:
        before, after = summary["dev_loss_before"], summary["dev_loss"]
        word = (
            "lower is better" if after < before else "it did not fall: the model has not learned what it was to learn"
        )
        lines.append(f"- Loss on held-out responses: {before:.3f} before, {after:.3f} after ({word})")
    return [*(lines or ["- No numbers were left by this stage."]), ""]


def _quantization(numbers: Numbers) -> list[str]:
    if "perplexity" not in numbers:
        return ["- No numbers were left by this stage.", ""]
    return [
        f"- Perplexity {numbers['perplexity_base']:.3f} before quantizing, {numbers['perplexity']:.3f} after",
        f"- Mean KL divergence {numbers['kl_mean']:.5f}; same most likely token {numbers['top1_agreement']:.1%}",
        f"- {numbers['bits_per_weight']:.2f} bits per weight",
        "",
    ]


def _table(head: tuple[str, str], counts: dict[str, int]) -> list[str]:
    if not counts:
        return []
    return [f"| {head[0]} | {head[1]} |", "|---|---:|", *(f"| {k} | {v:,} |" for k, v in counts.items()), ""]
