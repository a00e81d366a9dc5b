"""/context: shows what the last prompt consisted of."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, _argument: str) -> None:
    desk.show_context()


COMMAND = SlashCommand(
    name="context",
    usage="",
    help="what the last prompt held, part by part, and what was left out",
    run=_run,
)
