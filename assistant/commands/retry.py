"""/retry: asks the last question once more."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, _argument: str) -> None:
    desk.retry()


COMMAND = SlashCommand(
    name="retry",
    usage="",
    help="ask the last question once more",
    run=_run,
    aliases=("again",),
)
