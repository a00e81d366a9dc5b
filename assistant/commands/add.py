"""/add: pins a file or a symbol into the context of the conversation."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, argument: str) -> None:
    desk.pin(argument)


COMMAND = SlashCommand(
    name="add",
    usage="FILE[::SYMBOL]",
    help="keep a file or a symbol in every prompt of this conversation",
    run=_run,
)
