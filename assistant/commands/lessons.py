"""/lessons: shows what was kept of your choices, or says whether any is to be kept."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, argument: str) -> None:
    switch = argument.lower() if argument.lower() in ("on", "off") else ""
    desk.show_screen(f"lessons {switch}".strip())


COMMAND = SlashCommand(
    name="lessons",
    usage="[on|off]",
    help="show what was kept of your choices, or keep it, or not",
    run=_run,
)
