"""`wizard-tui [FOLDER]`: opens the app, where there is a terminal to draw it on."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated

import typer

from assistant.errors import UsageError
from assistant.ground.terminal import require_terminal

_PROGRAM = "wizard-tui"


def open_folder(
    context: typer.Context,
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="The folder to work in.")] = ".",
    model: Annotated[str | None, typer.Option(metavar="NAME|FILE", help="The model to run.")] = None,
) -> None:
    """Open the app in FOLDER."""
    path = Path(folder).expanduser()
    if not path.is_dir():
        raise no_folder(context, folder)
    require_terminal(_PROGRAM)
    from assistant.config import load_config
    from assistant.tui.start import run_app

    config = load_config(model=model or context.obj)
    if config.model:
        from assistant.models.library import find_model

        find_model(config.model, config)
    run_app(path.resolve(), config)


def no_folder(context: typer.Context, folder: str) -> UsageError:
    """What to say of a first word that is neither a folder nor a command."""
    if Path(folder).expanduser().exists():
        return UsageError(f"{folder} is a file, and the app opens a folder", hint=f'{_PROGRAM} ask "…" --file {folder}')
    root = context.find_root().command
    commands = [name for name in getattr(root, "commands", {}) if name != "open"]
    near = difflib.get_close_matches(folder, commands, n=1)
    hint = f"{_PROGRAM} {near[0]}" if near else f"{_PROGRAM} --help"
    return UsageError(f"there is no folder {folder}, and no command of that name", hint=hint)
