"""/search: finds conversations by what was said in them."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, argument: str) -> None:
    desk.show_conversations(argument)


COMMAND = SlashCommand(
    name="search",
    usage="WORDS",
    help="find conversations that hold these words",
    run=_run,
    aliases=("find",),
)
