"""The paper's stop rule: one more round of evolution as long as the dev set does not get worse.

Each round's model starts from the base again and learns from the rows of all rounds so far. When its share of solved dev
problems falls, the rounds end and the one before goes on. Without a dev set, all rounds are evolved and one model is trained.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from trainer.errors import TrainerError
from trainer.pipeline import stages
from trainer.pipeline.plan import Plan
from trainer.pipeline.sources import Sources
from trainer.pipeline.stage import Done, Stage, content_hash


class Takes(Protocol):
    """Has stages done, one after the other."""

    done: list[Done]
    """Those that were."""

    def take(self, stage: Stage) -> Done:
        """Have a stage done."""

    def note(self, text: str) -> None:
        """Say something to people."""


@dataclass(frozen=True)
class Attempt:
    """One round: what it evolved and trained, and what the dev set says of it."""

    rounds: int
    evolved: Done | None
    """None where the plan has no seeds."""
    tuned: Done
    quantized: Done
    """The stage that made the file: a quantized model, or an adapter."""
    model: Path
    """That file."""
    runs: stages.Runs
    """How the exam runs it."""
    dev: Done | None = None
    passed: int = 0
    """Dev problems solved; 0 of 0 where there is no dev set."""
    problems: int = 0
    score: float = 0.0
    """pass@1 on the dev set."""


def attempts(plan: Plan, sources: Sources, course: Takes) -> tuple[Attempt, ...]:
    """The rounds that were tried, the last one worse than the one before it where the rule has stopped them."""
    if not plan.stop.benchmark:
        grown = course.take(stages.evolve(plan, sources, plan.evolve.rounds)) if sources.seeds else None
        return (_attempt(plan, sources, course, plan.evolve.rounds, grown),)
    tried: list[Attempt] = []
    for rounds in range(1, plan.evolve.rounds + 1):
        before = tried[-1].evolved if tried else None
        evolved = course.take(stages.evolve(plan, sources, rounds, before))
        if before and content_hash(evolved / stages.EVOLVED[0]) == content_hash(before / stages.EVOLVED[0]):
            course.note(f"Round {rounds} has brought no new row: the rounds end.")
            break
        now = _attempt(plan, sources, course, rounds, evolved)
        tried.append(now)
        course.note(f"Round {rounds}: {now.passed} of {now.problems} dev problems solved ({now.score:.1%}).")
        if len(tried) > 1 and now.score < tried[-2].score:
            course.note(f"Round {rounds} is worse than round {rounds - 1}, which is kept.")
            break
    return tuple(tried)


def kept(tried: tuple[Attempt, ...]) -> Attempt:
    """The round that goes on: the last one, or the one before it where the last one is worse."""
    return tried[-2] if len(tried) > 1 and tried[-1].score < tried[-2].score else tried[-1]


def _attempt(plan: Plan, sources: Sources, course: Takes, rounds: int, evolved: Done | None) -> Attempt:
    tuned = course.take(stages.finetune(plan, sources, evolved, rounds))
    if sources.model is not None:
        made = course.take(stages.adapter(plan, sources, tuned, rounds))
        model = made / f"{plan.name}.adapter.gguf"
        runs = stages.Runs(sources.model, model)
    else:
        made = course.take(stages.quantize(plan, sources, tuned, rounds))
        model = made / f"{plan.name}.{plan.quantize.type}.gguf"
        runs = stages.Runs(model)
    if not plan.stop.benchmark:
        return Attempt(rounds, evolved, tuned, made, model, runs)
    dev = course.take(stages.evaluate(f"dev-{rounds}", plan.stop, sources.dev, runs))
    return Attempt(rounds, evolved, tuned, made, model, runs, dev, *_scored(dev / "report.json"))


def _scored(report: Path) -> tuple[int, int, float]:
    """Solved problems (by the first completion), problems, and pass@1 of a report."""
    try:
        told = json.loads(report.read_text(encoding="utf-8"))
        first = {row["problem"]: bool(row["passed"]) for row in reversed(told["outcomes"])}
        return sum(first.values()), len(first), float(told["pass_at"]["1"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainerError(f"cannot read {report}", f"it is no report of an exam ({error})") from error
