"""/sessions: opens the list of conversations."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, argument: str) -> None:
    desk.show_conversations(argument)


COMMAND = SlashCommand(
    name="sessions",
    usage="[WORDS]",
    help="open an earlier conversation",
    run=_run,
    aliases=("resume", "conversations"),
)
