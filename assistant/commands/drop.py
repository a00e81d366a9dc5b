"""/drop: takes a pinned file or symbol out of the context."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, argument: str) -> None:
    desk.unpin(argument)


COMMAND = SlashCommand(
    name="drop",
    usage="[FILE[::SYMBOL]]",
    help="take one out again, or choose what leaves the context",
    run=_run,
)
