"""/mend: lets the model mend what the last tests found."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, argument: str) -> None:
    desk.mend(argument)


COMMAND = SlashCommand(
    name="mend",
    usage="[FILE]",
    help="let the model mend what the last tests found, each step reviewed",
    run=_run,
)
