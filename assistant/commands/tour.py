"""/tour: shows the five steps for newcomers."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, argument: str) -> None:
    desk.show_screen("tour")


COMMAND = SlashCommand(
    name="tour",
    usage="",
    help="show the five steps for newcomers",
    run=_run,
)
