"""The way through a pipeline, top to bottom: which stage needs what of the stages before it.

Each stage is a command that people can type themselves; nothing of another program is imported.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from assistant.ground.progress import Progress
from trainer.errors import TrainerError
from trainer.pipeline.child import run_child
from trainer.pipeline.plan import Plan, Sources
from trainer.pipeline.stage import Done, Out, Stage, Word, finished, mark_finished

_JSON = ("--progress", "json")


@dataclass(frozen=True)
class Finished:
    """What a run has made; None for what the plan leaves out."""

    evolved: Done
    tuned: Done
    model: Path
    """The quantized model."""
    quantized: Done
    before: Done | None
    after: Done | None
    stages: tuple[Done, ...]


class Course:
    """Runs stages in a folder, or skips them; remembers which."""

    def __init__(self, folder: Path, progress: Progress) -> None:
        self._folder = folder
        self._progress = progress
        self.done: list[Done] = []
        (folder / "logs").mkdir(parents=True, exist_ok=True)

    def take(self, stage: Stage) -> Done:
        """Have a stage done: now, or once before with the same inputs and words."""
        folder = self._folder / f"{stage.name}-{stage.digest()}"
        done = None if stage.always else finished(stage, folder)
        if done is None:
            folder.mkdir(parents=True, exist_ok=True)
            started = time.monotonic()
            self._progress.note(
                f"{stage.name}: {'going on' if any(folder.iterdir()) and not stage.always else 'starting'}"
            )
            run_child(stage, folder, self._folder / "logs" / f"{stage.name}.log", self._progress)
            absent = [out.name for out in stage.outputs() if not (folder / out.name).exists()]
            if absent:
                raise TrainerError(f"the stage {stage.name} failed", f"it made no {', '.join(absent)}")
            done = mark_finished(stage, folder, time.monotonic() - started)
        else:
            self._progress.note(f"{stage.name}: nothing has changed, skipped")
        self.done.append(done)
        return done


def go(plan: Plan, sources: Sources, course: Course) -> Finished:
    """Take all stages of the plan."""
    evolved = course.take(_evolve(plan, sources))
    tuned = course.take(_finetune(plan, sources, evolved))
    file = f"{plan.name}.{plan.quantize.type}.gguf"
    checkpoint = tuned / "model"
    if (checkpoint / "adapter_config.json").exists():
        words: tuple[str | Path, ...] = (sources.base, "--adapter", checkpoint)
    else:
        words = (checkpoint,)
    quantized = course.take(_quantize("quantize", plan, words, file))
    before = after = None
    if plan.evaluate.benchmark:
        before = course.take(_evaluate("evaluate-before", plan, _base_file(plan, sources, course)))
        after = course.take(_evaluate("evaluate-after", plan, quantized / file))
    if plan.register.name:
        course.take(_register(plan, quantized / file))
    return Finished(evolved, tuned, quantized / file, quantized, before, after, tuple(course.done))


def _base_file(plan: Plan, sources: Sources, course: Course) -> Path:
    """The base as a file of the same kind as the result, so that the exam compares training and nothing else."""
    if sources.base.is_file():
        return sources.base
    file = f"base.{plan.quantize.type}.gguf"
    return course.take(_quantize("quantize-base", plan, (sources.base,), file)) / file


def _evolve(plan: Plan, sources: Sources) -> Stage:
    part = plan.evolve
    numbers: list[str] = []
    for option, value in (
        ("--rounds", part.rounds),
        ("--limit", part.limit),
        ("--seed", part.seed),
        ("--task-tokens", part.task_tokens),
        ("--max-tokens", part.answer_tokens),
        ("--temperature", part.temperature),
    ):
        numbers += [option, str(value)]
    weights = ("--weights", part.weights) if part.weights else ()
    out = ("-o", Out("evolved.jsonl"), "--teacher", sources.teacher)
    words = ("evolve", *sources.seeds, *out, *numbers, *weights, *part.options, *_JSON)
    return Stage("evolve", "trainer.cli", words)


def _finetune(plan: Plan, sources: Sources, evolved: Done) -> Stage:
    files: list[str | Path | Out] = ["data.train=["]
    for path in (evolved / "evolved.jsonl", *sources.rows):
        files += [path, ", "]
    changes: list[str | Word] = []
    for change in plan.finetune.set:
        changes += ["--set", change]
    words = (
        "finetune",
        sources.recipe,
        *("--set", Word(("model.base=", sources.base), quoted=True)),
        *("--set", Word((*files, "]"), quoted=True)),
        *("--set", Word(("output=", Out("model")), quoted=True)),
        *changes,
        "--resume",
        *_JSON,
    )
    return Stage("finetune", "trainer.cli", words)


def _quantize(name: str, plan: Plan, source: tuple[str | Path, ...], file: str) -> Stage:
    words = ("run", *source, "--type", plan.quantize.type, "-o", Out(file), *plan.quantize.options, "--json", *_JSON)
    return Stage(name, "quantize.cli", words)


def _evaluate(name: str, plan: Plan, model: Path) -> Stage:
    limit = ("--limit", str(plan.evaluate.limit)) if plan.evaluate.limit else ()
    words = ("evaluate", model, "--benchmark", plan.evaluate.benchmark, *limit, "-o", Out("report.json"))
    return Stage(name, "trainer.cli", (*words, *plan.evaluate.options, *_JSON))


def _register(plan: Plan, model: Path) -> Stage:
    return Stage("register", "assistant.cli.main", ("models", "add", model, "--name", plan.register.name), always=True)
