"""/stop: ends the reply that is being written."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, _argument: str) -> None:
    desk.stop()


COMMAND = SlashCommand(
    name="stop",
    usage="",
    help="end the reply that is being written",
    run=_run,
)
