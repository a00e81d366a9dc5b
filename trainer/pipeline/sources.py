"""What a pipeline starts from, found on this machine: seeds, weights, recipe, exams. What is missing is said before anything runs.

Paths are relative to the pipeline file. `$WIZARD_SHARED` stands for the folder of real data and models; where the
variable is not set, that is the folder `shared` beside the checkout.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from trainer.errors import TrainerError
from trainer.finetune.base import find_base, is_hub_id
from trainer.pipeline.plan import RECIPES, STARTER, Plan
from trainer.recipe import read_recipe


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


def find_sources(plan: Plan, file: Path) -> Sources:
    """Find everything that the plan starts from; a base that is on the hub is fetched.

    Raises:
        TrainerError: something is missing; all that is missing is named at once.
        UsageError: the recipe cannot be what it says.
    """
    sources, missing = look_for_sources(plan, file)
    if missing:
        hint = ""
        if any("WIZARD_SHARED" in text for text in _named(plan)):
            hint = "WIZARD_SHARED=FOLDER in the environment, or other paths in the file"
        raise TrainerError(f"cannot run {file}", f"not found: {'; '.join(missing)}", hint)
    if not sources.base.exists():
        return replace(sources, base=find_base(str(sources.base)).folder)
    if sources.base.is_file():
        # What cannot be trained is said before hours of evolving.
        find_base(str(sources.base))
    return sources


def look_for_sources(plan: Plan, file: Path) -> tuple[Sources, list[str]]:
    """What is there, and what is not, in words; nothing is fetched, so a base may be a hub id. The recipe is read through.

    Raises:
        UsageError: the recipe, or what the plan changes in it, cannot be.
    """
    folder = file.resolve().parent
    missing: list[str] = []

    def found(text: str, what: str) -> Path:
        path = _place(text, folder)
        if path is None or not path.exists():
            missing.append(f"{what} {path or text}")
        return path or Path(text)

    seeds = tuple(found(text, "the seeds") for text in plan.evolve.seeds)
    rows = tuple(found(text, "the rows") for text in plan.finetune.rows)
    interfaces = tuple(found(text, "the seeds") for text in plan.interfaces.seeds)
    served = plan.evolve.teacher.startswith(("http://", "https://"))
    asked = plan.evolve.teacher if seeds else ""
    teacher = plan.evolve.teacher if served or not asked else found(asked, "the teacher")
    recipe = _recipe(plan.finetune.recipe, folder, missing)
    accelerate = _accelerate(plan.finetune.accelerate, folder, missing)
    bases = [_place(text, folder) for text in plan.finetune.base]
    base = next((path for path in bases if path is not None and path.exists()), None)
    on_hub = next((text for text in plan.finetune.base if is_hub_id(text)), "")
    if base is None and not on_hub:
        missing.append(f"the base {' or '.join(str(p or t) for p, t in zip(bases, plan.finetune.base, strict=True))}")
    exam, dev = (
        found(text, what) if text.endswith((".jsonl", ".jsonl.gz")) else text
        for text, what in ((plan.evaluate.benchmark, "the exam"), (plan.stop.benchmark, "the dev set"))
    )
    model = found(plan.adapter.model, "the model") if plan.adapter.model else None
    current = found(plan.adapter.current, "the adapter") if plan.adapter.current else None
    held_out = found(plan.held_out.rows, "the held-out rows") if plan.held_out.rows else None
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


def _named(plan: Plan) -> tuple[str, ...]:
    """The texts of the file that stand for data and weights."""
    return (*plan.evolve.seeds, *plan.interfaces.seeds, *plan.finetune.rows, *plan.finetune.base)


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
    return path if path.is_absolute() else folder / path


def _recipe(text: str, folder: Path, missing: list[str]) -> Path:
    ours = RECIPES / f"{text.removesuffix('.toml')}.toml"
    own = _place(text, folder)
    for path in (own, ours):
        if path is not None and path.is_file():
            return path
    missing.append(f"the recipe {own}")
    return ours


def _accelerate(text: str, folder: Path, missing: list[str]) -> Path | None:
    if not text:
        return None
    own, ours = _place(text, folder), RECIPES / "accelerate" / f"{text.removesuffix('.yaml')}.yaml"
    found = next((path for path in (own, ours) if path is not None and path.is_file()), None)
    if found is None:
        missing.append(f"the accelerate config {own}")
    return found
