"""The way through a pipeline, top to bottom: which stage needs what of the stages before it.

What each stage's command is stands in `stages`, the paper's stop rule over rounds in `rounds`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.errors import NothingProduced
from assistant.ground.progress import Progress
from trainer.errors import TrainerError
from trainer.pipeline import stages
from trainer.pipeline.child import run_child
from trainer.pipeline.plan import Plan
from trainer.pipeline.rounds import Attempt, Takes, attempts, kept
from trainer.pipeline.sources import Sources
from trainer.pipeline.stage import Done, Stage, done_by_other_code, finished, mark_finished


@dataclass(frozen=True)
class Finished:
    """What a run has made; None for what the plan leaves out."""

    rounds: tuple[Attempt, ...]
    """The rounds that were trained and compared; one where the plan has no stop rule."""
    chosen: Attempt
    """The one that went on."""
    before: Done | None
    after: Done | None
    held_out: tuple[Done, Done] | None
    """The loss on held-out rows, before and after."""
    stages: tuple[Done, ...]
    base_asked: tuple[Done, ...] = ()
    """All exams of the base, one for each way of asking it; `before` is the first of them."""
    unquantized: Done | None = None
    """The exam of the checkpoint as it was trained."""
    interfaces: Done | None = None
    """The rows that name the function they ask for."""

    @property
    def evolved(self) -> Done | None:
        """The set that was learned from."""
        return self.chosen.evolved

    @property
    def tuned(self) -> Done:
        """The fine-tuned checkpoint."""
        return self.chosen.tuned

    @property
    def quantized(self) -> Done:
        """The stage that made the file."""
        return self.chosen.quantized

    @property
    def model(self) -> Path:
        """The quantized model, or the adapter."""
        return self.chosen.model


class Course:
    """Runs stages in a folder, or skips them; remembers which.

    Args:
        any_version: take over what another version of the program has made of the same inputs.
    """

    def __init__(self, folder: Path, progress: Progress, any_version: bool = False) -> None:
        self._folder = folder
        self._progress = progress
        self._any_version = any_version
        self.done: list[Done] = []
        (folder / "logs").mkdir(parents=True, exist_ok=True)

    def note(self, text: str) -> None:
        """Say something that stays on the screen."""
        self._progress.note(text)

    def take(self, stage: Stage) -> Done:
        """Have a stage done: now, or once before with the same inputs, words and code."""
        done = None if stage.always else self._found(stage)
        if done is None:
            folder = self._folder / stage.folder_name
            going_on = folder.is_dir() and any(folder.iterdir()) and not stage.always
            stage.begin_in(folder)
            started = time.monotonic()
            self.note(f"{stage.name}: {'going on' if going_on else 'starting'}")
            barren = self._run(stage, folder)
            absent = [out.name for out in stage.outputs() if not (folder / out.name).exists()]
            if absent and barren:
                raise barren
            if absent:
                raise TrainerError(f"the stage {stage.name} failed", f"it made no {', '.join(absent)}")
            done = mark_finished(stage, folder, time.monotonic() - started)
        self.done.append(done)
        return done

    def _run(self, stage: Stage, folder: Path) -> NothingProduced | None:
        """Run the command; what a stage that can be spared has said for having made nothing new."""
        try:
            run_child(stage, folder, self._folder / "logs" / f"{stage.name}.log", self._progress)
        except NothingProduced as nothing:
            if not stage.spare:
                raise
            self.note(f"{stage.name}: {nothing.why}; the run goes on without")
            return nothing
        return None

    def _found(self, stage: Stage) -> Done | None:
        done = finished(stage, self._folder / stage.folder_name)
        if done is not None:
            self.note(f"{stage.name}: nothing has changed, skipped")
            return done
        other = done_by_other_code(stage, self._folder)
        if other is not None and self._any_version:
            self.note(f"{stage.name}: taken from {other.folder.name}, which another version of the program made")
            return other
        if other is not None:
            self.note(
                f"{stage.name}: the program has changed since {other.folder.name} was made; --any-version would take it"
            )
        return None


def go(plan: Plan, sources: Sources, course: Takes) -> Finished:
    """Take all stages of the plan."""
    named = course.take(stages.interfaces(plan, sources)) if sources.interfaces else None
    if named is not None:
        sources = replace(sources, rows=(*sources.rows, named / stages.INTERFACES))
    tried = attempts(plan, sources, course)
    chosen = kept(tried)
    after = held_out = unquantized = None
    asked: tuple[Done, ...] = ()
    rows = _held_out_rows(sources, chosen)
    if plan.evaluate.benchmark or rows:
        base = _runs_before(plan, sources, course)
        if rows:
            held_out = (
                course.take(stages.held_out("held-out-before", rows, base)),
                course.take(stages.held_out("held-out-after", rows, chosen.runs)),
            )
        if plan.evaluate.benchmark:
            asked = tuple(map(course.take, stages.exams_of_base(plan.evaluate, sources.exam, base)))
            after = course.take(stages.evaluate("evaluate-after", plan.evaluate, sources.exam, chosen.runs))
            checkpoint = stages.unquantized(plan, sources, chosen.tuned)
            unquantized = course.take(checkpoint) if checkpoint else None
    if plan.register.name and sources.model is None:
        course.take(stages.register(plan, chosen.model))
    before = asked[0] if asked else None
    return Finished(tried, chosen, before, after, held_out, tuple(course.done), asked, unquantized, named)


def _held_out_rows(sources: Sources, chosen: Attempt) -> Path | None:
    """The rows that the plan names, or those that the recipe held out, if there are some."""
    rows = chosen.tuned / "model" / "held_out.jsonl"
    return sources.held_out or (rows if rows.is_file() and rows.stat().st_size else None)


def _runs_before(plan: Plan, sources: Sources, course: Takes) -> stages.Runs:
    """What the result is compared with: the model without the adapter, or the base as a file of the same kind."""
    if sources.model is not None or sources.base.is_file():
        return stages.Runs(sources.model or sources.base, sources.current)
    return stages.Runs(course.take(stages.quantize_base(plan, sources)) / f"base.{plan.quantize.type}.gguf")
