"""`wizard-train run`: a pipeline file from its seeds to a registered model and one report."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated

import typer

from assistant.ground.progress import Mode


def run(
    pipeline: Annotated[
        Path,
        typer.Argument(
            metavar="PIPELINE", help="The pipeline, a TOML file; or one that comes along: tiny, wizard-1b, wizard-15b."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="The folder of the run, instead of the file's.")
    ] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one value: --set evaluate.limit=50.")
    ] = None,
    any_version: Annotated[
        bool, typer.Option("--any-version", help="Take over stages that another version of the program has done.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read the file and show each stage's command; run and fetch nothing.")
    ] = False,
    progress: Annotated[Mode, typer.Option(help="A bar; one JSON object a line on stderr; or nothing.")] = "auto",
) -> None:
    """Evolve, fine-tune, quantize and evaluate, as a file says; stages of which nothing has changed are skipped.

    Killed or stopped, the same command goes on where it was.
    """
    from assistant.ground.progress import Progress
    from assistant.ground.terminal import say
    from assistant.ground.visible import visible
    from trainer.pipeline.course import Course, go
    from trainer.pipeline.lock import only_run_in
    from trainer.pipeline.page import verdict
    from trainer.pipeline.plan import find_plan, read_plan
    from trainer.pipeline.report import write_report
    from trainer.pipeline.sketch import sketch
    from trainer.pipeline.sources import find_sources, look_for_sources, shared_folder

    pipeline = find_plan(pipeline)
    plan = read_plan(pipeline, tuple(changes or ()))
    folder = (out or Path(plan.output)).resolve()
    if dry_run:
        print(visible(sketch(plan, *look_for_sources(plan, pipeline), folder)))  # noqa: T201 - this is what was asked for
        return
    sources = find_sources(plan, pipeline)
    if shared_folder().is_dir():
        # The exam looks for its problems there too.
        os.environ["WIZARD_SHARED"] = str(shared_folder())
    started = time.monotonic()
    with only_run_in(folder), Progress(progress) as shown:
        finished = go(plan, sources, Course(folder, shown, any_version))
        numbers = write_report(plan, sources, finished, folder, time.monotonic() - started)
    say(verdict(numbers))
    say(f"Report: {folder / 'report.html'}")
    say(f"{'Adapter' if sources.model else 'Model'}: {finished.model}")
    if plan.register.name and not sources.model:
        say(f"Run it: wizard-tui --model {plan.register.name}")
