"""/open: opens a file of the folder in the editor."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, argument: str) -> None:
    desk.open_file(argument)


COMMAND = SlashCommand(
    name="open",
    usage="FILE[::SYMBOL]",
    help="open a file in the editor",
    run=_run,
)
