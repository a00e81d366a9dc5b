"""/fork: goes on in a copy of the conversation."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, _argument: str) -> None:
    desk.fork_conversation()


COMMAND = SlashCommand(
    name="fork",
    usage="",
    help="go on in a copy of this conversation",
    run=_run,
)
