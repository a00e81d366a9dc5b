"""/rename: renames the conversation."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, argument: str) -> None:
    desk.rename_conversation(argument)


COMMAND = SlashCommand(
    name="rename",
    usage="[TITLE]",
    help="rename this conversation",
    run=_run,
)
