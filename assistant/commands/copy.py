"""/copy: copies code or a whole reply."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, argument: str) -> None:
    desk.copy_text(argument)


COMMAND = SlashCommand(
    name="copy",
    usage="[NUMBER|reply]",
    help="copy the last code block, the one of that number, or the reply",
    run=_run,
    aliases=("yank",),
)
