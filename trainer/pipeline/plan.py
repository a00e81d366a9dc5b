"""The file of a pipeline: TOML read into frozen dataclasses, its paths resolved, what is missing said before anything runs.

Paths are relative to the pipeline file. `$WIZARD_SHARED` stands for the folder of real data and models; where the
variable is not set, that is the folder `shared` beside the checkout.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from assistant.errors import UsageError
from trainer.errors import TrainerError
from trainer.finetune.base import find_base, is_hub_id
from trainer.toml_tables import Amount, Count, Positive, from_table, lay_over, read_toml

_RECIPES = Path(__file__).resolve().parents[1] / "recipes"
STARTER = "starter"
"""Stands for the starter model, wherever its package put it."""


@dataclass(frozen=True)
class EvolvePart:
    """[evolve]: how the seeds grow."""

    seeds: tuple[str, ...] = ()
    """Files of seeds: Alpaca JSON and others; see `wizard-train evolve --help`. None evolves nothing."""
    teacher: str = STARTER
    """A GGUF file, http://…, a checkpoint folder, or the word starter."""
    rounds: Count = 1
    """How often each task is evolved; with [stop], how often at most."""
    limit: Count = 0
    """Use only the first so many seeds; 0 is all."""
    seed: Count = 0
    weights: str = ""
    task_tokens: Positive = 512
    answer_tokens: Positive = 2048
    temperature: Amount = 1.0
    options: tuple[str, ...] = ()
    """Further options of `wizard-train evolve`, word by word."""


@dataclass(frozen=True)
class FinetunePart:
    """[finetune]: what is trained, on what."""

    recipe: str = "tiny-cpu"
    """A recipe file, or the name of one that comes along."""
    base: tuple[str, ...] = ()
    """The weights to start from: folders, files, or hub ids (owner/name); the first that is there, or a hub id, is taken."""
    accelerate: str = ""
    """Train on several GPUs: an accelerate config file, or fsdp for the one that comes along; empty is one process."""
    rows: tuple[str, ...] = ()
    """Files learned from besides the evolved rows."""
    set: tuple[str, ...] = ()
    """Changes to the recipe: "train.steps=100"."""


@dataclass(frozen=True)
class QuantizePart:
    """[quantize]: the file that the app runs."""

    type: str = "Q4_K_M"
    options: tuple[str, ...] = ()
    """Further options of `wizard-quantize run`, word by word."""


@dataclass(frozen=True)
class AdapterPart:
    """[adapter]: instead of a quantized model, a LoRA that stays apart and is loaded beside a model that is there."""

    model: str = ""
    """The GGUF file that it is for; empty merges what was trained and quantizes it. Needs a recipe with method lora."""


@dataclass(frozen=True)
class HeldOutPart:
    """[held_out]: rows that nothing is trained on; the loss of their responses is measured before and after."""

    rows: str = ""
    """A JSONL file; empty leaves the measurement out."""


@dataclass(frozen=True)
class ExamPart:
    """[evaluate]: the exam, before and after. [stop]: the dev set of the paper's stop rule, after each round."""

    benchmark: str = ""
    """A benchmark's name, or a .jsonl file of your own problems; empty leaves the exam (or the rule) out."""
    limit: Count = 0
    """Only the first so many problems; 0 is all."""
    options: tuple[str, ...] = ()
    """Further options of `wizard-train evaluate`, word by word."""


@dataclass(frozen=True)
class RegisterPart:
    """[register]: under which name wizard-tui finds the model."""

    name: str = ""
    """Empty does not register it."""


@dataclass(frozen=True)
class Plan:
    """A pipeline, whole."""

    name: str = ""
    """What the run and its files are called."""
    output: str = ""
    """The folder of the run, relative to where the command is started; runs/NAME when empty."""
    evolve: EvolvePart = field(default_factory=EvolvePart)
    finetune: FinetunePart = field(default_factory=FinetunePart)
    quantize: QuantizePart = field(default_factory=QuantizePart)
    adapter: AdapterPart = field(default_factory=AdapterPart)
    stop: ExamPart = field(default_factory=ExamPart)
    held_out: HeldOutPart = field(default_factory=HeldOutPart)
    evaluate: ExamPart = field(default_factory=lambda: ExamPart("humaneval"))
    register: RegisterPart = field(default_factory=RegisterPart)


@dataclass(frozen=True)
class Sources:
    """What a plan starts from, found on this machine."""

    seeds: tuple[Path, ...]
    teacher: str | Path
    """A path, or the address of a server."""
    recipe: Path
    base: Path
    rows: tuple[Path, ...]
    exam: str | Path = ""
    """The exam's benchmark: a name, or a file."""
    dev: str | Path = ""
    """The dev set's."""
    accelerate: Path | None = None
    """The accelerate config to train under."""
    model: Path | None = None
    """The GGUF file that an adapter is made for."""
    held_out: Path | None = None
    """Rows that nothing is trained on."""


def read_plan(file: Path, changes: tuple[str, ...] = ()) -> Plan:
    """Read a pipeline file, with `key=value` changes laid over it.

    Raises:
        UsageError: it cannot be read, or a key or value in it cannot be.
    """
    table = read_toml(file, f"a pipeline of your own, or {', '.join(shipped())}")
    for change in changes:
        lay_over(table, change)
    plan = from_table(Plan, table, str(file))
    name = plan.name or file.stem
    if not name.replace("-", "").replace("_", "").replace(".", "").isalnum():
        raise UsageError(f"{file}: name = {name!r}", "a name has letters, digits, -, _ and . only", "name = 'tiny'")
    learned = plan.evolve.seeds or plan.finetune.rows
    needed = (("evolve.seeds", learned), ("finetune.base", plan.finetune.base))
    for key, value in needed:
        if not value:
            raise UsageError(f"{file} does not say {key}", "it has no default")
    _check_rule(plan, file)
    return replace(plan, name=name, output=plan.output or f"runs/{name}")


def _check_rule(plan: Plan, file: Path) -> None:
    """Refuse a stop rule that would choose by the exam itself, or has no rounds to choose from."""
    if not plan.stop.benchmark:
        return
    if set(plan.stop.benchmark.split(",")) & set(plan.evaluate.benchmark.split(",")):
        why = f"it is {plan.stop.benchmark} too, and an exam that chose its own result says nothing"
        raise UsageError(f"{file}: stop.benchmark must not be the exam's", why, 'stop.benchmark = "mbpp"')
    if "," in plan.stop.benchmark:
        raise UsageError(f"{file}: stop.benchmark = {plan.stop.benchmark!r}", "the rule needs one dev set")
    if not plan.evolve.rounds or not plan.evolve.seeds:
        why = "evolve.rounds is 0" if plan.evolve.seeds else "there are no evolve.seeds"
        raise UsageError(f"{file}: [stop] needs rounds", why, "evolve.rounds = 4")


def shipped() -> dict[str, Path]:
    """The pipelines that come along, by name."""
    files = sorted(_RECIPES.glob("*.toml"))
    return {file.stem: file for file in files if "[evolve]" in file.read_text(encoding="utf-8")}


def find_plan(named: Path) -> Path:
    """The file that is meant: a path, or the name of one that comes along (`tiny`)."""
    name = named.name.removesuffix(".toml")
    return shipped().get(name, named) if named.parent == Path() and not named.exists() else named


def find_sources(plan: Plan, file: Path) -> Sources:
    """Find everything that the plan starts from.

    Raises:
        TrainerError: something is missing; all that is missing is named at once.
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
    held_out = found(plan.held_out.rows, "the held-out rows") if plan.held_out.rows else None
    if missing:
        hint = ""
        if any("WIZARD_SHARED" in text for text in (*plan.evolve.seeds, *plan.finetune.rows, *plan.finetune.base)):
            hint = "WIZARD_SHARED=FOLDER in the environment, or other paths in the file"
        raise TrainerError(f"cannot run {file}", f"not found: {'; '.join(missing)}", hint)
    if base is None:
        base = find_base(on_hub).folder
    return Sources(seeds, teacher, recipe, base, rows, exam, dev, accelerate, model, held_out)


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
    ours = _RECIPES / f"{text.removesuffix('.toml')}.toml"
    own = _place(text, folder)
    for path in (own, ours):
        if path is not None and path.is_file():
            return path
    missing.append(f"the recipe {own}")
    return ours


def _accelerate(text: str, folder: Path, missing: list[str]) -> Path | None:
    if not text:
        return None
    own, ours = _place(text, folder), _RECIPES / "accelerate" / f"{text.removesuffix('.yaml')}.yaml"
    found = next((path for path in (own, ours) if path is not None and path.is_file()), None)
    if found is None:
        missing.append(f"the accelerate config {own}")
    return found
