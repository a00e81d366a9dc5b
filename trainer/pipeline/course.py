"""The way through a pipeline, top to bottom: which stage needs what of the stages before it.

What each stage's command is stands in `stages`, the paper's stop rule over rounds in `rounds`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from assistant.ground.progress import Progress
from trainer.errors import TrainerError
from trainer.pipeline import stages
from trainer.pipeline.child import run_child
from trainer.pipeline.plan import Plan, Sources
from trainer.pipeline.rounds import Attempt, attempts, kept
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
            run_child(stage, folder, self._folder / "logs" / f"{stage.name}.log", self._progress)
            absent = [out.name for out in stage.outputs() if not (folder / out.name).exists()]
            if absent:
                raise TrainerError(f"the stage {stage.name} failed", f"it made no {', '.join(absent)}")
            done = mark_finished(stage, folder, time.monotonic() - started)
        self.done.append(done)
        return done

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


def go(plan: Plan, sources: Sources, course: Course) -> Finished:
    """Take all stages of the plan."""
    tried = attempts(plan, sources, course)
    chosen = kept(tried)
    before = after = held_out = None
    if plan.evaluate.benchmark or sources.held_out:
        base = _runs_before(plan, sources, course)
        if sources.held_out:
            held_out = (
                course.take(stages.held_out("held-out-before", sources.held_out, base)),
                course.take(stages.held_out("held-out-after", sources.held_out, chosen.runs)),
            )
        if plan.evaluate.benchmark:
            before = course.take(stages.evaluate("evaluate-before", plan.evaluate, sources.exam, base))
            after = course.take(stages.evaluate("evaluate-after", plan.evaluate, sources.exam, chosen.runs))
    if plan.register.name and sources.model is None:
        course.take(stages.register(plan, chosen.model))
    return Finished(tried, chosen, before, after, held_out, tuple(course.done))


def _runs_before(plan: Plan, sources: Sources, course: Course) -> stages.Runs:
    """What the result is compared with: the model without the adapter, or the base as a file of the same kind."""
    if sources.model is not None or sources.base.is_file():
        return stages.Runs(sources.model or sources.base)
    return stages.Runs(course.take(stages.quantize_base(plan, sources)) / f"base.{plan.quantize.type}.gguf")
