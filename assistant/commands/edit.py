"""/edit: lets the model change a file or a symbol; nothing is written before it is reviewed."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, argument: str) -> None:
    if argument.startswith(('"', '@"')):
        target, _, wish = argument.lstrip("@")[1:].partition('"')
        symbol, _, instruction = wish.partition(" ")
        desk.edit_file(target + symbol, instruction.strip())
        return
    target, _, instruction = argument.partition(" ")
    desk.edit_file(target, instruction.strip())


COMMAND = SlashCommand(
    name="edit",
    usage="FILE[::SYMBOL] WISH",
    help="change a file or a symbol, reviewed hunk by hunk",
    run=_run,
)
