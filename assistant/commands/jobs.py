"""/jobs: shows work in the background: training, quantizing."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, argument: str) -> None:
    desk.show_screen("jobs")


COMMAND = SlashCommand(
    name="jobs",
    usage="",
    help="show work in the background: training, quantizing",
    run=_run,
)
