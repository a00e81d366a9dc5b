"""What a pipeline starts from, found on this machine: seeds, weights, recipe, exams. What is missing is said before anything runs.

Paths are relative to the pipeline file or, where nothing lies there, to where the command is started. `$WIZARD_SHARED` stands for the folder of real data and models; where the
variable is not set, that is the folder `shared` beside the checkout.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from trainer.errors import TrainerError
from trainer.finetune.base import find_base, is_hub_id
from trainer.pipeline.plan import RECIPES, STARTER, Plan
from trainer.recipe import read_recipe

_KINDS = {"finetune.base": "FOLDER", "evolve.teacher": "MODEL.gguf", "adapter.model": "MODEL.gguf"}
"""What the keys of a file name, where that is not any file."""


@dataclass(frozen=True)
class Sources:
    """What a plan starts from, found on this machine."""

    seeds: tuple[Path, ...]
    teacher: str | Path
    """A path, or the address of a server."""
    recipe: Path
    base: Path
    rows: tuple[Path, ...]
    interfaces: tuple[Path, ...] = ()
    """The seeds of [interfaces]."""
    exam: str | Path = ""
    """The exam's benchmark: a name, or a file."""
    dev: str | Path = ""
    """The dev set's."""
    accelerate: Path | None = None
    """The accelerate config to train under."""
    model: Path | None = None
    """The GGUF file that an adapter is made for."""
    current: Path | None = None
    """The adapter that it runs with now."""
    held_out: Path | None = None
    """Rows that nothing is trained on."""


@dataclass(frozen=True)
class Missing:
    """Something that is not on this machine: in words, and the key of the file that names it."""

    words: str
    key: str


def find_sources(plan: Plan, file: Path) -> Sources:
    """Find everything that the plan starts from; a base that is on the hub is fetched.

    Raises:
        TrainerError: something is missing; all that is missing is named at once.
        UsageError: the recipe cannot be what it says.
    """
    sources, missing = look_for_sources(plan, file)
    if missing:
        named = file.stem if file.parent == RECIPES else shlex.quote(str(file))
        words = "; ".join(dict.fromkeys(one.words for one in missing))
        raise TrainerError(f"cannot run {named}", f"not found: {words}", f"wizard-train run {named} {changes(missing)}")
    if not sources.base.exists():
        return replace(sources, base=find_base(str(sources.base)).folder)
    if sources.base.is_file():
        # What cannot be trained is said before hours of evolving.
        find_base(str(sources.base))
    return sources


def look_for_sources(plan: Plan, file: Path) -> tuple[Sources, list[Missing]]:
    """What is there, and what is not, in words; nothing is fetched, so a base may be a hub id. The recipe is read through.

    Raises:
        UsageError: the recipe, or what the plan changes in it, cannot be.
    """
    folder = file.resolve().parent
    missing: list[Missing] = []

    def found(text: str, what: str, key: str) -> Path:
        path = _place(text, folder)
        if path is None or not path.exists():
            missing.append(Missing(f"{what} {_sought(text, path, folder)}", key))
        return path or Path(text)

    seeds = tuple(found(text, "the seeds", "evolve.seeds") for text in plan.evolve.seeds)
    rows = tuple(found(text, "the rows", "finetune.rows") for text in plan.finetune.rows)
    interfaces = tuple(found(text, "the seeds", "interfaces.seeds") for text in plan.interfaces.seeds)
    served = plan.evolve.teacher.startswith(("http://", "https://"))
    asked = plan.evolve.teacher if seeds else ""
    teacher = plan.evolve.teacher if served or not asked else found(asked, "the teacher", "evolve.teacher")
    recipe = _recipe(plan.finetune.recipe, folder, missing)
    accelerate = _accelerate(plan.finetune.accelerate, folder, missing)
    bases = [_place(text, folder) for text in plan.finetune.base]
    base = next((path for path in bases if path is not None and path.exists()), None)
    on_hub = next((text for text in plan.finetune.base if is_hub_id(text)), "")
    if base is None and not on_hub:
        either = " or ".join(str(p or t) for p, t in zip(bases, plan.finetune.base, strict=True))
        missing.append(Missing(f"the base {either}", "finetune.base"))
    exam, dev = (
        found(text, what, key) if text.endswith((".jsonl", ".jsonl.gz")) else text
        for text, what, key in (
            (plan.evaluate.benchmark, "the exam", "evaluate.benchmark"),
            (plan.stop.benchmark, "the dev set", "stop.benchmark"),
        )
    )
    model = found(plan.adapter.model, "the model", "adapter.model") if plan.adapter.model else None
    current = found(plan.adapter.current, "the adapter", "adapter.current") if plan.adapter.current else None
    held_out = found(plan.held_out.rows, "the held-out rows", "held_out.rows") if plan.held_out.rows else None
    if base is None:
        base = Path(on_hub or plan.finetune.base[0])
    if recipe.is_file():
        needed = ("model.base=base", 'data.train=["rows"]', "output=model")
        read_recipe(recipe, (*needed, *plan.finetune.set))
    sources = Sources(
        seeds,
        teacher,
        recipe,
        base,
        rows,
        interfaces,
        exam=exam,
        dev=dev,
        accelerate=accelerate,
        model=model,
        current=current,
        held_out=held_out,
    )
    return sources, missing


def changes(missing: Sequence[Missing]) -> str:
    """The options that put files of one's own in the place of what is missing."""
    return " ".join(f"--set {key}={_KINDS.get(key, 'FILE')}" for key in dict.fromkeys(one.key for one in missing))


def shared_folder() -> Path:
    """The folder of real data and models: WIZARD_SHARED, or `shared` beside the checkout. It need not exist."""
    named = os.environ.get("WIZARD_SHARED")
    return Path(named).resolve() if named else Path(__file__).resolve().parents[3] / "shared"


def _place(text: str, folder: Path) -> Path | None:
    """The path that a text in the file means; None for the starter model where it is not installed."""
    if text == STARTER:
        from trainer.generators.gguf import starter_path

        try:
            return starter_path()
        except TrainerError:
            return None
    path = Path(text.replace("$WIZARD_SHARED", str(shared_folder()))).expanduser()
    beside = folder / path
    return beside if beside.exists() or not path.exists() else path.absolute()


def _sought(text: str, path: Path | None, folder: Path) -> str:
    """What was looked for, and where, for people."""
    relative = path is not None and path == folder / text and not Path(text).is_absolute()
    if relative and folder != Path.cwd():
        return f"{text}, neither in {folder} nor in {Path.cwd()}"
    return str(path or text)


def _recipe(text: str, folder: Path, missing: list[Missing]) -> Path:
    ours = RECIPES / f"{text.removesuffix('.toml')}.toml"
    own = _place(text, folder)
    for path in (own, ours):
        if path is not None and path.is_file():
            return path
    missing.append(Missing(f"the recipe {own}", "finetune.recipe"))
    return ours


def _accelerate(text: str, folder: Path, missing: list[Missing]) -> Path | None:
    if not text:
        return None
    own, ours = _place(text, folder), RECIPES / "accelerate" / f"{text.removesuffix('.yaml')}.yaml"
    found = next((path for path in (own, ours) if path is not None and path.is_file()), None)
    if found is None:
        missing.append(Missing(f"the accelerate config {own}", "finetune.accelerate"))
    return found
