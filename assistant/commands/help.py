"""/help: opens the list of keys and commands."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, _argument: str) -> None:
    desk.show_help()


COMMAND = SlashCommand(
    name="help",
    usage="",
    help="every key and command",
    run=_run,
    aliases=("keys",),
)
