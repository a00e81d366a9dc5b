"""The wizard-tui command: its table of subcommands, and `wizard-tui [FOLDER]`, which opens the app.

A subcommand is a plain function in a file of its own; here it gets its name. Nothing heavy is imported for `--help`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from assistant.cli.ask import ask
from assistant.cli.complete import complete
from assistant.cli.doctor import doctor
from assistant.cli.edit import edit
from assistant.cli.learn import learn
from assistant.cli.lessons import lessons_app
from assistant.cli.map import map_
from assistant.cli.models import models_app
from assistant.cli.open import no_folder, open_folder
from assistant.cli.serve import serve
from assistant.cli.symbols import symbols
from assistant.cli.undo import undo
from assistant.ground.terminal import LOOKS, run_typer, version_of

PROGRAM = "wizard-tui"
_OPEN = "open"


class _FolderOrCommand(TyperGroup):
    """A first word that is no command is the folder to open."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.commands:
            if not Path(args[0]).expanduser().is_dir():
                raise no_folder(ctx, args[0])
            args = [_OPEN, *args]
        return super().resolve_command(ctx, args)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return ["[FOLDER] [--model NAME|FILE.gguf]  |  COMMAND …"]


app = typer.Typer(
    cls=_FolderOrCommand,
    name=PROGRAM,
    **LOOKS,
    invoke_without_command=True,
    help="A coding assistant that runs on your own machine. Without a command it opens the app in FOLDER (or here).",
    epilog="Each command explains itself: wizard-tui ask --help",
)

app.command(_OPEN, hidden=True)(open_folder)
app.command("ask")(ask)
app.command("complete")(complete)
app.command("symbols", short_help="List the definitions of FILE, with their lines.")(symbols)
app.command("map", short_help="Outline FOLDER within a number of tokens.")(map_)
app.command("edit")(edit)
app.command("undo")(undo)
app.add_typer(models_app, name="models")
app.add_typer(lessons_app, name="lessons", short_help="See, search, export and delete what was kept of your choices.")
app.command("learn", short_help="Train an adapter on your lessons, measure it, offer it.")(learn)
app.command("serve")(serve)
app.command("doctor")(doctor)


@app.callback()
def _top(
    context: typer.Context,
    model: Annotated[str | None, typer.Option(metavar="NAME|FILE", help="The model to open the app with.")] = None,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and leave.", is_eager=True, callback=version_of(PROGRAM)),
    ] = False,
) -> None:
    context.obj = model
    if context.invoked_subcommand is None:
        open_folder(context)


def main() -> None:
    """Run the command line of this process."""
    run_typer(PROGRAM, app)


if __name__ == "__main__":
    main()
