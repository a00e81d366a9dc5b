"""/clear: leaves what was said so far out of the context."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, _argument: str) -> None:
    desk.clear_context()


COMMAND = SlashCommand(
    name="clear",
    usage="",
    help="begin the context anew; what was said stays to be read",
    run=_run,
)
