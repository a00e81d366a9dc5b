"""/delete: deletes the conversation, after a question."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, _argument: str) -> None:
    desk.delete_conversation()


COMMAND = SlashCommand(
    name="delete",
    usage="",
    help="delete this conversation",
    run=_run,
)
