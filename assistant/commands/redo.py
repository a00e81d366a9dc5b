"""/redo: writes the change again that was undone last."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, _argument: str) -> None:
    desk.redo_edit()


COMMAND = SlashCommand(
    name="redo",
    usage="",
    help="write the change again that was undone last",
    run=_run,
)
