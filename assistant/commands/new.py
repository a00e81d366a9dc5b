"""/new: begins a new conversation."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, _argument: str) -> None:
    desk.new_conversation()


COMMAND = SlashCommand(
    name="new",
    usage="",
    help="begin a new conversation",
    run=_run,
)
