"""/learn: shows what was learned from your choices, trains on them, and switches what came of it on and off."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, argument: str) -> None:
    desk.show_screen("learn")


COMMAND = SlashCommand(
    name="learn",
    usage="",
    help="let the model learn from what you kept, and switch it on or off",
    run=_run,
)
