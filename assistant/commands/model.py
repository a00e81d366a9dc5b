"""/model: switches the model."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, argument: str) -> None:
    desk.choose_model(argument)


COMMAND = SlashCommand(
    name="model",
    usage="[NAME]",
    help="switch the model, or choose one from the list",
    run=_run,
    aliases=("models",),
)
