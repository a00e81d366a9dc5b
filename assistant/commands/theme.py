"""/theme: changes the colours of the app."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, argument: str) -> None:
    desk.set_theme(argument)


COMMAND = SlashCommand(
    name="theme",
    usage="[NAME]",
    help="change the colours",
    run=_run,
)
