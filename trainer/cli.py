"""The wizard-train command: one function a stage, joined here; `--help` loads none of the heavy libraries.

Each stage's own `command` module says what it takes. Errors become words and exit codes in `assistant.ground.terminal`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from assistant.ground.terminal import LOOKS, run_typer, version_of
from trainer.evaluate.command import evaluate
from trainer.evolve.command import evolve
from trainer.finetune.command import finetune
from trainer.pipeline.command import run

PROGRAM = "wizard-train"

app = typer.Typer(
    help="Make a code model of your own: evolve instructions, fine-tune on them, evaluate, or run the whole way.",
    no_args_is_help=True,
    **LOOKS,
)

STAGES: tuple[tuple[Callable[..., Any], str], ...] = (
    (evolve, "Grow seed instructions into harder ones (Code Evol-Instruct)."),
    (finetune, "Fine-tune a code model on instructions, as a recipe says."),
    (evaluate, "Score a model on code benchmarks, in a sandbox."),
    (run, "The whole way in one command, as a pipeline file says."),
)
"""One function a command and its line in the list, in the order of the way through."""


for _stage, _line in STAGES:
    app.command(short_help=_line)(_stage)


@app.callback()
def _program(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and leave.", is_eager=True, callback=version_of(PROGRAM)),
    ] = False,
) -> None:
    """Make a code model of your own: evolve instructions, fine-tune on them, evaluate, or run the whole way."""


def main() -> None:
    """Run the command line (the entry point of wizard-train)."""
    run_typer(PROGRAM, app)


if __name__ == "__main__":
    main()
