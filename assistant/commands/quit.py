"""/quit: leaves the app."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, _argument: str) -> None:
    desk.quit()


COMMAND = SlashCommand(
    name="quit",
    usage="",
    help="leave the app",
    run=_run,
    aliases=("exit", "q"),
)
