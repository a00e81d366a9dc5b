"""The wizard-quantize command: its table of subcommands. Nothing heavy is imported for `--help`."""

from __future__ import annotations

from typing import Annotated

import typer

from assistant.ground.terminal import LOOKS, run_typer, version_of
from quantize.commands.adapter import adapter
from quantize.commands.compare import compare
from quantize.commands.compress import compress
from quantize.commands.convert import convert
from quantize.commands.importance import importance
from quantize.commands.run import run
from quantize.commands.types import types
from quantize.commands.verify import verify

PROGRAM = "wizard-quantize"

app = typer.Typer(
    name=PROGRAM,
    **LOOKS,
    no_args_is_help=True,
    help="From a Hugging Face checkpoint to a quantized GGUF file, with proof of what it cost.",
    epilog="Each command explains itself: wizard-quantize run --help",
)

app.command("run", short_help="All of it: merge, convert, quantize, verify, card.")(run)
app.command("convert", short_help="Write CHECKPOINT as a GGUF file, adapters merged.")(convert)
app.command("compress")(compress)
app.command("importance", short_help="Measure which columns of each matrix matter.")(importance)
app.command("adapter", short_help="Write a peft LoRA as a GGUF adapter.")(adapter)
app.command("verify", short_help="Compare a model with what it was made from.")(verify)
app.command("compare", short_help="Show size, loss and speed of several types.")(compare)
app.command("types")(types)


@app.callback()
def _top(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and leave.", is_eager=True, callback=version_of(PROGRAM)),
    ] = False,
) -> None:
    """From a Hugging Face checkpoint to a quantized GGUF file, with proof of what it cost."""


def main() -> None:
    """Run the command line of this process."""
    run_typer(PROGRAM, app)


if __name__ == "__main__":
    main()
