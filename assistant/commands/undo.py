"""/undo: takes the last written change back."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, _argument: str) -> None:
    desk.undo_edit()


COMMAND = SlashCommand(
    name="undo",
    usage="",
    help="take the last written change back",
    run=_run,
)
