"""/settings: changes settings."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, argument: str) -> None:
    desk.show_screen("settings")


COMMAND = SlashCommand(
    name="settings",
    usage="",
    help="change settings",
    run=_run,
)
