"""`wizard-train evolve`: what can be asked for on the command line, and the run that follows from it.

Everything heavy is imported when it is needed. The order is deliberate: the seeds are read through and the settings
compared with what is there before the teacher is loaded, and before a byte is written.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.errors import UsageError
from assistant.ground.progress import Mode

if TYPE_CHECKING:
    from trainer.evolve.settings import Settings


Seeds = Annotated[
    list[Path] | None,
    typer.Argument(help="Alpaca, ShareGPT or messages JSON/JSONL (.gz too), text files, folders.", show_default=False),
]
Out = Annotated[Path | None, typer.Option("-o", "--out", help="The JSONL file to write, or to go on with.")]
Teacher = Annotated[str, typer.Option(help="A GGUF file, http://…, a checkpoint folder, starter, or none.")]
Rounds = Annotated[int, typer.Option(min=0, help="How often each task is evolved.")]
Limit = Annotated[int, typer.Option(min=0, help="Use only the first so many seeds; 0 is all.")]
Seed = Annotated[int, typer.Option(min=0, help="Decides what is drawn; the same seed gives the same requests.")]
Weights = Annotated[str, typer.Option(help="How often a heuristic is drawn: complexity=2,breadth=1.")]
Inspire = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Also let tasks be inspired by symbols of this code.")
]
Interfaces = Annotated[
    bool, typer.Option("--interfaces", help="Only seeds that one Python function answers, with its name in the task.")
]
Verify = Annotated[bool, typer.Option("--verify", help="Run the answers' Python in the sandbox and mark them.")]
VerifySamples = Annotated[int, typer.Option(min=0, help="Further solutions that have to agree.")]
Judge = Annotated[bool, typer.Option("--judge", help="Let the teacher say whether a task asks for more.")]
Decontaminate = Annotated[
    str,
    typer.Option(
        metavar="NAMES", help="Keep these benchmarks' problems out; NAME? where it is here; none switches it off."
    ),
]
KeepDuplicates = Annotated[bool, typer.Option("--keep-duplicates", help="Keep near duplicates.")]
KeepSecrets = Annotated[bool, typer.Option("--keep-secrets", help="Do not mask secrets in the seeds.")]
Shard = Annotated[str, typer.Option(metavar="I/N", help="Only every N-th seed, from the I-th; cat joins them.")]
Export = Annotated[
    list[str] | None, typer.Option(metavar="FORM=PLACE", help="alpaca, sharegpt, messages or dataset; repeatable.")
]
Preview = Annotated[int, typer.Option(min=0, help="Show so many evolutions side by side, and write nothing.")]
MaxTokens = Annotated[int, typer.Option(min=16, help="Longest answer, in tokens.")]
TaskTokens = Annotated[int, typer.Option(min=16, help="Longest task, in tokens.")]
Temperature = Annotated[float, typer.Option(min=0.0, help="Randomness of new tasks.")]
Concurrency = Annotated[int, typer.Option(min=0, help="Requests at once; 0 lets the teacher's kind decide.")]
Threads = Annotated[int, typer.Option(min=0, help="CPU threads of a local teacher; 0 takes all.")]
TeacherModel = Annotated[str, typer.Option(help="Name of the model, at a server that has several.")]
RequestsPerMinute = Annotated[float, typer.Option(min=0.0, help="Limit for a server; 0 is none.")]
TokenBudget = Annotated[int, typer.Option(min=0, help="Stop after so many tokens of a server; 0 is no limit.")]
ProgressMode = Annotated[Mode, typer.Option(help="A bar; one JSON object a line on stderr; or nothing.")]


def evolve(
    seeds: Seeds = None,
    out: Out = None,
    teacher: Teacher = "starter",
    rounds: Rounds = 1,
    limit: Limit = 0,
    seed: Seed = 0,
    weights: Weights = "",
    inspire: Inspire = None,
    interfaces: Interfaces = False,
    verify: Verify = False,
    verify_samples: VerifySamples = 2,
    judge: Judge = False,
    decontaminate: Decontaminate = "humaneval,mbpp,ds1000",
    keep_duplicates: KeepDuplicates = False,
    keep_secrets: KeepSecrets = False,
    shard: Shard = "1/1",
    export: Export = None,
    preview: Preview = 0,
    max_tokens: MaxTokens = 2048,
    task_tokens: TaskTokens = 512,
    temperature: Temperature = 1.0,
    concurrency: Concurrency = 0,
    threads: Threads = 0,
    teacher_model: TeacherModel = "",
    requests_per_minute: RequestsPerMinute = 0.0,
    token_budget: TokenBudget = 0,
    progress: ProgressMode = "auto",
) -> None:
    """Grow seed instructions into harder ones, answered by a teacher (Code Evol-Instruct).

    Started again with the same settings it goes on where it stopped; with more --rounds it adds them.
    """
    given = dict(locals())
    from trainer.evolve.run import run

    if not seeds and inspire is None:
        why = "neither SEEDS nor --inspire was given"
        raise UsageError("there is nothing to start from", why, "wizard-train evolve SEEDS -o OUT")
    if out is None and not preview:
        raise UsageError("there is nowhere to write to", "-o was not given", "-o evolved.jsonl, or --preview 5")
    run(_settings(given))


def _settings(given: dict[str, Any]) -> Settings:
    """What the run needs to know, from what was typed."""
    from trainer.evolve.files.exports import parse_exports
    from trainer.evolve.settings import Settings
    from trainer.generators.generator import GeneratorOptions

    options = GeneratorOptions(
        concurrency=given.pop("concurrency"),
        threads=given.pop("threads"),
        model=given.pop("teacher_model"),
        requests_per_minute=given.pop("requests_per_minute"),
        token_budget=given.pop("token_budget"),
    )
    return Settings(
        seeds=tuple(given.pop("seeds") or ()),
        out=given.pop("out") or Path("evolved.jsonl"),
        answer_tokens=given.pop("max_tokens"),
        shard=_shard(given.pop("shard")),
        exports=parse_exports(given.pop("export") or []),
        options=options,
        **given,
    )


def _shard(text: str) -> tuple[int, int]:
    number, slash, total = text.partition("/")
    if not (slash and number.isdigit() and total.isdigit() and 1 <= int(number) <= int(total)):
        raise UsageError(f"cannot use --shard {text}", "it takes I/N with 1 ≤ I ≤ N", "--shard 2/8")
    return int(number), int(total)
