"""The file of a pipeline: TOML read into frozen dataclasses, every knob with its meaning. Where its paths lead is `sources`' business."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from assistant.errors import UsageError
from trainer.toml_tables import Amount, Count, Positive, from_table, lay_over, read_toml

RECIPES = Path(__file__).resolve().parents[1] / "recipes"
"""Where the recipes and pipelines lie that come along."""
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
    weights: str = ""
    task_tokens: Positive = 512
    answer_tokens: Positive = 2048
    temperature: Amount = 1.0
    options: tuple[str, ...] = ()
    """Further options of `wizard-train evolve`, word by word."""


@dataclass(frozen=True)
class InterfacesPart:
    """[interfaces]: rows made of seeds that one Python function answers, by naming the function in the task; no teacher is asked."""

    seeds: tuple[str, ...] = ()
    """Files of seeds, as for evolve; none leaves these rows out."""
    options: tuple[str, ...] = ()
    """Further options of `wizard-train evolve`, word by word: ["--decontaminate", "simple"]."""


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
    current: str = ""
    """The adapter that the model runs with now; what is made is compared with that."""


@dataclass(frozen=True)
class HeldOutPart:
    """[held_out]: rows that nothing is trained on; the loss of their responses is measured before and after."""

    rows: str = ""
    """A JSONL file; empty takes what the recipe's data.dev_fraction held out, where that is something."""


@dataclass(frozen=True)
class ExamPart:
    """An exam. [stop]: the dev set of the paper's stop rule, after each round."""

    benchmark: str = ""
    """A benchmark's name, or a .jsonl file of your own problems; empty leaves the exam (or the rule) out."""
    limit: Count = 0
    """Only the first so many problems; 0 is all."""
    options: tuple[str, ...] = ()
    """Further options of `wizard-train evaluate`, word by word."""


@dataclass(frozen=True)
class FinalExamPart(ExamPart):
    """[evaluate]: the exam, before and after."""

    base_prompts: tuple[str, ...] = ()
    """How the problems are put to the base, one exam each (chat, wizardcoder, completion): the result is compared with the first,
    and shown beside each, so that what is only a form is not taken for skill. Empty takes the one that suits the base."""
    unquantized: bool = False
    """Also examine the checkpoint before it is quantized, which says how much of the gain the file has kept."""


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
    seed: Count = 0
    """Decides what evolution draws and, where it is not 0, the order and noise of training."""
    evolve: EvolvePart = field(default_factory=EvolvePart)
    interfaces: InterfacesPart = field(default_factory=InterfacesPart)
    finetune: FinetunePart = field(default_factory=FinetunePart)
    quantize: QuantizePart = field(default_factory=QuantizePart)
    adapter: AdapterPart = field(default_factory=AdapterPart)
    stop: ExamPart = field(default_factory=ExamPart)
    held_out: HeldOutPart = field(default_factory=HeldOutPart)
    evaluate: FinalExamPart = field(default_factory=lambda: FinalExamPart("humaneval"))
    register: RegisterPart = field(default_factory=RegisterPart)


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
    learned = plan.evolve.seeds or plan.interfaces.seeds or plan.finetune.rows
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
    files = sorted(RECIPES.glob("*.toml"))
    return {file.stem: file for file in files if "[evolve]" in file.read_text(encoding="utf-8")}


def find_plan(named: Path) -> Path:
    """The file that is meant: a path, or the name of one that comes along (`tiny`)."""
    name = named.name.removesuffix(".toml")
    return shipped().get(name, named) if named.parent == Path() and not named.exists() else named
