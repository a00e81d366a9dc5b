"""/map: shows the outline of the folder."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, argument: str) -> None:
    desk.show_map(argument)


COMMAND = SlashCommand(
    name="map",
    usage="[TOKENS]",
    help="show the outline of the folder that the model sees",
    run=_run,
)
