"""/lessons: shows what was kept of your choices."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, argument: str) -> None:
    desk.show_screen("lessons")


COMMAND = SlashCommand(
    name="lessons",
    usage="",
    help="show what was kept of your choices",
    run=_run,
)
