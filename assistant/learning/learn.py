"""The way from lessons to an adapter on offer: gather, write the order, have it worked off with rests, read what came of it.

The work runs as a child process at the lowest priority, and ends with this one. Killed at any point, the same call goes on
with the stage that was under way. Nothing leaves the machine.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from assistant.config import Config
from assistant.errors import AssistantError, NothingProduced, UsageError
from assistant.ground import paths
from assistant.ground.extras import installing
from assistant.ground.files import replacing
from assistant.ground.progress import Progress
from assistant.learning import duration
from assistant.learning.material import Material, rows_of, sorted_out
from assistant.learning.order import NAME, Wishes, write_order
from assistant.learning.outcome import Outcome, read_outcome
from assistant.learning.project_code import symbols_of
from assistant.learning.rest import Watch
from assistant.learning.work import work_off
from assistant.lessons import store
from assistant.models import learned
from assistant.models.adapters import Measured, keep_about
from assistant.models.machine import this_machine

LEAST = 8
"""Lessons that say what is right, below which there is nothing to measure by."""
LEAST_HELD_OUT = 2
_FIGURES = (
    "verdict",
    "held_out",
    "loss_before",
    "loss_after",
    "benchmark",
    "problems",
    "passed_before",
    "passed_after",
)


@dataclass(frozen=True)
class Task:
    """What is asked for; `base` is the checkpoint to train on, None for the model's own file."""

    folder: Path
    model: Path
    base: Path | None = None
    wishes: Wishes = field(default_factory=Wishes)


@dataclass(frozen=True)
class Result:
    """What came of it."""

    outcome: Outcome
    material: Material
    adapter: Path
    report: Path


def gather(task: Task, config: Config) -> Material:
    """What there is to learn.

    Raises:
        NothingProduced: there are no lessons, or too few to measure by.
    """
    kept = store.lessons()
    lessons = rows_of(kept)
    if not kept:
        off = config.lessons != "on"
        why = "no lessons are kept, and none are recorded unless you agree" if off else "no lessons are kept yet"
        hint = (
            "wizard-tui lessons on, then work with the app"
            if off
            else "accept, edit and reject what the model proposes"
        )
        raise NothingProduced("there is nothing to learn from", why, hint)
    files = {one.lesson.path for one in kept}
    material = sorted_out(lessons, symbols_of(task.folder, files, task.wishes.symbols))
    if len(lessons) < LEAST or len(material.held_out) < LEAST_HELD_OUT:
        why = (
            f"{len(lessons)} of {len(kept)} lessons say what is right, and it takes {LEAST}"
            if len(lessons) < LEAST
            else f"of {len(lessons)} lessons {len(material.held_out)} are held out to measure by, and it takes {LEAST_HELD_OUT}"
        )
        raise NothingProduced("there is too little to learn from", why, "go on working; wizard-tui lessons lists them")
    return material


def run(task: Task, config: Config, progress: Progress, watch: Watch) -> Result:
    """Learn, measure, and put the adapter on offer where it is not worse.

    Raises:
        NothingProduced: there is nothing, or too little, to learn from.
        AssistantError: the workshop is not installed, or the work failed; its sentence is the reason.
    """
    if importlib.util.find_spec("trainer") is None or importlib.util.find_spec("torch") is None:
        raise AssistantError("cannot train here", "the workshop is not installed", installing("train"))
    material = gather(task, config)
    known = learned.state_of(task.model)
    base = task.base or (Path(known.base) if known.base else task.model)
    if not base.exists():
        raise UsageError(f"there is no checkpoint {base}", hint="wizard-tui learn --base FOLDER")
    place = paths.learning_folder(_key(task.model))
    with _only_one(place):
        return _learned(task, place, base, material, config, progress, watch)


def _learned(
    task: Task, place: Path, base: Path, material: Material, config: Config, progress: Progress, watch: Watch
) -> Result:
    current = learned.adapters_of(task.model)
    order = write_order(
        place,
        material,
        task.model.absolute(),
        base.absolute(),
        current[0][0] if current else "",
        task.wishes,
        config.threads,
    )
    progress.note(
        f"{material.lessons} lessons, {len(material.held_out)} of them held out; {material.symbols} symbols of {task.folder}."
    )
    guess = duration.expected_seconds(material, task.wishes, task.model, this_machine())
    progress.note(duration.told(guess, task.model))
    out = place / "run"
    rested = work_off(order, out, progress, watch)
    duration.remember(guess, rested, out, task.model)
    outcome = read_outcome(out)
    adapter, report = _kept(out)
    if current and adapter.samefile(current[0][0]):
        outcome = outcome.same()
    named = str(base.absolute()) if base != task.model else ""
    _noted(adapter.parent, task.model, outcome)
    if outcome.offered:
        learned.offer(task.model, learned.Learned(str(adapter), str(report), outcome.sentence, time.time()), named)
    else:
        learned.withdraw(task.model, named)
    _swept(out)
    return Result(outcome, material, adapter, report)


@contextlib.contextmanager
def _only_one(place: Path) -> Iterator[None]:
    """Hold the folder for this process.

    Raises:
        AssistantError: another process is at work in it.
    """
    with (place / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AssistantError(
                "cannot begin to learn", "it is under way already", "wait for it, or stop it in the jobs screen (F12)"
            ) from None
        yield


def _kept(out: Path) -> tuple[Path, Path]:
    """The adapter and the report, copied to where they stay when the run's folder is used again."""
    adapter = Path(json.loads((out / "report.json").read_text(encoding="utf-8"))["model"])
    digest = hashlib.sha256(adapter.read_bytes()).hexdigest()[:12]
    place = paths.learned_folder() / f"{NAME}-{digest}"
    place.mkdir(mode=0o700, exist_ok=True)
    for source, name in ((adapter, "adapter.gguf"), (out / "report.html", "report.html")):
        with replacing(place / name) as staged:
            shutil.copyfile(source, staged)
    return place / "adapter.gguf", place / "report.html"


def _noted(folder: Path, model: Path, outcome: Outcome) -> None:
    """Keep what the adapter is for and what was measured, for the list of models."""
    if outcome.verdict == "same":
        return
    figures = {name: getattr(outcome, name) for name in _FIGURES}
    keep_about(folder, Measured(model=str(model.absolute()), made=time.time(), **figures))


def _swept(out: Path) -> None:
    """Let go of what earlier runs have left, of checkpoints, and of the weights of the base, which this run has copied."""
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    used = {Path(row["folder"]).name for row in report["stages"]}
    for folder in out.iterdir():
        if folder.is_dir() and folder.name not in used | {"logs", "report"}:
            shutil.rmtree(folder, ignore_errors=True)
    for checkpoints in out.glob("finetune-*/model/checkpoints"):
        shutil.rmtree(checkpoints, ignore_errors=True)
    for weights in out.glob("finetune-*/model/base/*.safetensors"):
        _hollow(weights)


def _hollow(weights: Path) -> None:
    """Keep the names and shapes in a file of weights, and a hole for the rest: an adapter's conversion reads no more."""
    size = weights.stat().st_size
    with weights.open("rb") as stream:
        head = stream.read(8)
        head += stream.read(min(int.from_bytes(head, "little"), size))
    with replacing(weights) as staged, staged.open("wb") as stream:
        stream.write(head)
        stream.truncate(size)


def _key(model: Path) -> str:
    return hashlib.sha256(str(model.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:12]
