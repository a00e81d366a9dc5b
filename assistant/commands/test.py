"""/test: runs the project's tests in the sandbox."""

from __future__ import annotations

from assistant.commands.slash import Desk, SlashCommand


def _run(desk: Desk, _argument: str) -> None:
    desk.run_tests()


COMMAND = SlashCommand(
    name="test",
    usage="",
    help="run the project's tests in the sandbox",
    run=_run,
)
