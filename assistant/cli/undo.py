"""`wizard-tui undo`: takes the last written change of a folder back, or lists them."""

from __future__ import annotations

import json as json_module
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import AsJson
from assistant.errors import UsageError
from assistant.ground.visible import visible_line

if TYPE_CHECKING:
    from assistant.editing.journal import Turn


def undo(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder whose change to take back.")] = Path(),
    list_: Annotated[bool, typer.Option("--list", help="Say what there is to undo and redo; change nothing.")] = False,
    redo: Annotated[bool, typer.Option("--redo", help="Apply the change again that was undone last.")] = False,
    json: AsJson = False,
) -> None:
    """Take the last written change of a folder back.

    Files that were changed since are never overwritten.
    """
    from assistant.editing.journal import Journal
    from assistant.editing.workspace import Workspace, folder_of

    if list_ and redo:
        raise UsageError("--list and --redo do not go together")
    journal = Journal(Workspace.at(folder_of(folder) if not folder.is_dir() else folder_of(folder / "any")))
    if list_:
        turns = [turn for turn in journal.turns() if turn.state in ("applied", "undone")]
    else:
        turns = [journal.redo() if redo else journal.undo()]
    if json:
        print(json_module.dumps([_row(turn) for turn in turns]))
        return
    if not turns:
        print(f"No changes of wizard-tui in {visible_line(str(journal.workspace.root))}.")
    for turn in turns:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(turn.time))
        files = ", ".join(change.path for change in turn.changes)
        print(f"{turn.state:<8} {when}  {visible_line(turn.title)}  ({visible_line(files)})")


def _row(turn: Turn) -> dict[str, object]:
    files = [change.path for change in turn.changes]
    return {"number": turn.number, "title": turn.title, "state": turn.state, "files": files}
