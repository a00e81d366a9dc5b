"""`wizard-train evolve`: what can be asked for on the command line, and the run that follows from it.

Everything heavy is imported when it is needed. The order is deliberate: the seeds are read through and the settings
compared with what is there before the teacher is loaded, and before a byte is written.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.ground.progress import Mode


def evolve(
    seeds: Annotated[
        list[Path], typer.Argument(help="Alpaca, ShareGPT or messages JSON/JSONL (.gz too), text files, folders.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="The JSONL file to write, or to go on with.")],
    teacher: Annotated[str, typer.Option(help="A GGUF file, http://…, a checkpoint folder, or the word starter.")],
    rounds: Annotated[int, typer.Option(min=0, help="How often each task is evolved.")] = 1,
    limit: Annotated[int, typer.Option(min=0, help="Use only the first so many seeds; 0 is all.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Decides what is drawn; the same seed gives the same requests.")] = 0,
    weights: Annotated[str, typer.Option(help="How often a heuristic is drawn: complexity=2,breadth=1.")] = "",
    max_tokens: Annotated[int, typer.Option(min=16, help="Longest answer, in tokens.")] = 2048,
    task_tokens: Annotated[int, typer.Option(min=16, help="Longest task, in tokens.")] = 512,
    temperature: Annotated[float, typer.Option(min=0.0, help="Randomness of new tasks.")] = 1.0,
    concurrency: Annotated[int, typer.Option(min=0, help="Requests at once; 0 lets the teacher's kind decide.")] = 0,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads of a local teacher; 0 takes all.")] = 0,
    teacher_model: Annotated[str, typer.Option(help="Name of the model, at a server that has several.")] = "",
    requests_per_minute: Annotated[float, typer.Option(min=0.0, help="Limit for a server; 0 is none.")] = 0.0,
    token_budget: Annotated[int, typer.Option(min=0, help="Stop after so many tokens of a server; 0 is no limit.")] = 0,
    progress: Annotated[Mode, typer.Option(help="A bar; one JSON object a line on stderr; or nothing.")] = "auto",
) -> None:
    """Grow seed instructions into harder ones, answered by a teacher (Code Evol-Instruct).

    Started again with the same settings it goes on where it stopped; with more --rounds it adds them.
    """
    from trainer.evolve.run import Settings, run
    from trainer.generators.generator import GeneratorOptions

    options = GeneratorOptions(
        concurrency=concurrency,
        threads=threads,
        model=teacher_model,
        requests_per_minute=requests_per_minute,
        token_budget=token_budget,
    )
    run(
        Settings(
            seeds=tuple(seeds),
            out=out,
            teacher=teacher,
            options=options,
            rounds=rounds,
            limit=limit,
            seed=seed,
            weights=weights,
            answer_tokens=max_tokens,
            task_tokens=task_tokens,
            temperature=temperature,
            progress=progress,
        )
    )
