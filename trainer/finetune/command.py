"""`wizard-train finetune`: what is typed, turned into a recipe; everything heavy is loaded after that."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from assistant.ground.progress import Progress
from trainer.recipe import read_recipe


def finetune(
    recipe: Annotated[
        Path,
        typer.Argument(
            metavar="RECIPE", help="The recipe, a TOML file; or the name of one that comes along: tiny-cpu."
        ),
    ],
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one value: --set train.steps=100.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the newest whole checkpoint, if there is one.")
    ] = False,
    progress: Annotated[
        Literal["auto", "json", "none"], typer.Option(help="How progress is shown: json writes one object a line.")
    ] = "auto",
) -> None:
    """Fine-tune a code model on instructions and responses, as a recipe says."""
    read = read_recipe(recipe, changes or [])
    # Threads that wait for each other without spinning: four times as fast where other programs want the same cores, and as
    # fast where none do. The library that computes looks at this once, when it is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from trainer.finetune.train import finetune as train

    # Of many processes started together, the first one speaks.
    with Progress(progress if os.environ.get("RANK", "0") == "0" else "none") as shown:
        train(read, resume, shown)
