"""The stages of a pipeline as commands that people can type themselves; nothing of another program is imported.

Which one comes when, and which result goes on, is `course`'s and `rounds`' business.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from trainer.pipeline.plan import ExamPart, FinalExamPart, Plan
from trainer.pipeline.sources import Sources
from trainer.pipeline.stage import Done, Out, Stage, Word

EVOLVED = ("evolved.jsonl", "evolved.eliminated.jsonl", "evolved.manifest.json")
"""What an evolution goes on from."""

INTERFACES = "interfaces.jsonl"
"""The rows that name the function they ask for."""

_JSON = ("--progress", "json")


@dataclass(frozen=True)
class Runs:
    """What is run for an exam: a model, and the adapter beside it if there is one."""

    model: Path
    adapter: Path | None = None

    @property
    def words(self) -> tuple[str | Path, ...]:
        """As `wizard-train evaluate` is told."""
        return (self.model, "--adapter", self.adapter) if self.adapter else (self.model,)


def evolve(plan: Plan, sources: Sources, rounds: int, before: Done | None = None) -> Stage:
    """Evolve the seeds for so many rounds; going on from the set with one round less, where there is one."""
    part = plan.evolve
    numbers: list[str] = []
    for option, value in (
        ("--rounds", rounds),
        ("--limit", part.limit),
        ("--seed", plan.seed),
        ("--task-tokens", part.task_tokens),
        ("--max-tokens", part.answer_tokens),
        ("--temperature", part.temperature),
    ):
        numbers += [option, str(value)]
    weights = ("--weights", part.weights) if part.weights else ()
    out = ("-o", Out("evolved.jsonl"), "--teacher", sources.teacher)
    words = ("evolve", *sources.seeds, *out, *numbers, *weights, *part.options, *_JSON)
    begun = tuple(before / name for name in EVOLVED) if before else ()
    # A small teacher may write nothing that can be kept; where there are other rows, they are learned all the same.
    return Stage(_numbered(plan, "evolve", rounds), "trainer.cli", words, spare=bool(sources.rows), begun=begun)


def interfaces(plan: Plan, sources: Sources) -> Stage:
    """The rows that name the function they ask for, made of seeds that have an answer."""
    out: tuple[str | Path | Out, ...] = (*sources.interfaces, "-o", Out(INTERFACES))
    words = ("evolve", *out, "--rounds", "0", "--interfaces", "--teacher", "none", *plan.interfaces.options, *_JSON)
    return Stage("interfaces", "trainer.cli", words)


def finetune(plan: Plan, sources: Sources, evolved: Done | None, rounds: int) -> Stage:
    """Fine-tune the base on an evolved set (if there is one) and the plan's other rows."""
    files: list[str | Path | Out] = ["data.train=["]
    for path in (*((evolved / "evolved.jsonl",) if evolved else ()), *sources.rows):
        files += [path, ", "]
    changes: list[str | Word] = ["--set", f"seed={plan.seed}"] if plan.seed else []
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
    return Stage(_numbered(plan, "finetune", rounds), "trainer.cli", words, under=sources.accelerate)


def quantize_base(plan: Plan, sources: Sources) -> Stage:
    """The base as a file of the same kind as the result, so that the exam compares training and nothing else."""
    return _quantize("quantize-base", plan, (sources.base,), f"base.{plan.quantize.type}.gguf")


def quantize(plan: Plan, sources: Sources, tuned: Done, rounds: int) -> Stage:
    """The fine-tuned model, its adapter merged, as the file that the app runs."""
    checkpoint = tuned / "model"
    source: tuple[str | Path, ...] = (checkpoint,)
    if (checkpoint / "adapter_config.json").exists():
        source = (sources.base, "--adapter", checkpoint)
    return _quantize(_numbered(plan, "quantize", rounds), plan, source, f"{plan.name}.{plan.quantize.type}.gguf")


def adapter(plan: Plan, sources: Sources, tuned: Done, rounds: int) -> Stage:
    """What was trained, as a file of its own that is loaded beside the model."""
    lora = tuned / "model"
    # A base that was read from a GGUF file was saved beside the adapter, as the checkpoint that the adapter fits.
    base = Word((lora / "base",), made_from=sources.base) if sources.base.is_file() else sources.base
    words = ("adapter", lora, "--base", base, "-o", Out(f"{plan.name}.adapter.gguf"))
    return Stage(_numbered(plan, "adapter", rounds), "quantize.cli", words)


def _quantize(name: str, plan: Plan, source: tuple[str | Path, ...], file: str) -> Stage:
    words = ("run", *source, "--type", plan.quantize.type, "-o", Out(file), *plan.quantize.options, "--json", *_JSON)
    return Stage(name, "quantize.cli", words)


def evaluate(name: str, exam: ExamPart, benchmark: str | Path, runs: Runs) -> Stage:
    """An exam of a model."""
    limit = ("--limit", str(exam.limit)) if exam.limit else ()
    words = ("evaluate", *runs.words, "--benchmark", benchmark, *limit, "-o", Out("report.json"))
    return Stage(name, "trainer.cli", (*words, *exam.options, *_JSON))


def exams_of_base(exam: FinalExamPart, benchmark: str | Path, runs: Runs) -> tuple[Stage, ...]:
    """The exam of the base, once for each way in which it is asked."""
    if not exam.base_prompts:
        return (evaluate("evaluate-before", exam, benchmark, runs),)
    ways = ((way, replace(exam, options=(*exam.options, "--prompt", way))) for way in exam.base_prompts)
    return tuple(evaluate(f"evaluate-before-{way}", asked, benchmark, runs) for way, asked in ways)


def unquantized(plan: Plan, sources: Sources, tuned: Done) -> Stage | None:
    """The exam of the checkpoint as it was trained, by transformers; None where it is not wanted, or an adapter by itself."""
    checkpoint = tuned / "model"
    if not plan.evaluate.unquantized or not (checkpoint / "config.json").exists():
        return None
    return evaluate("evaluate-unquantized", plan.evaluate, sources.exam, Runs(checkpoint))


def held_out(name: str, rows: Path, runs: Runs) -> Stage:
    """The loss of a model on responses that nothing was trained on."""
    words = ("evaluate", *runs.words, "--held-out", rows, "-o", Out("report.json"))
    return Stage(name, "trainer.cli", (*words, *_JSON))


def register(plan: Plan, model: Path) -> Stage:
    """Tell wizard-tui of the model."""
    return Stage("register", "assistant.cli.main", ("models", "add", model, "--name", plan.register.name), always=True)


def _numbered(plan: Plan, name: str, rounds: int) -> str:
    """A stage that is done for each round says which one it is."""
    return f"{name}-{rounds}" if plan.stop.benchmark else name
