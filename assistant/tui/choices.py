"""What is being typed may become: a slash command, or after an `@` a file, a symbol, the diff."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from assistant.commands import COMMANDS
from assistant.commands.slash import matching
from assistant.context.completion import Completion
from assistant.session.pointing import Pointing
from assistant.tui.widgets.choice_menu import Choice


class ChoiceFinder:
    """Finds the choices for the text before the cursor.

    Names of a large folder are read in a thread, by one look at a time: letters typed meanwhile wait without a thread.
    """

    def __init__(self, pointing: Pointing) -> None:
        self._pointing = pointing
        self._looking: asyncio.Future[tuple[int, tuple[Completion, ...]]] | None = None

    async def __call__(self, before_cursor: str) -> Sequence[Choice]:
        """What it may become."""
        commands = _commands(before_cursor)
        if commands or "@" not in before_cursor:
            return commands
        while self._looking is not None and not self._looking.done():
            await asyncio.wait({self._looking})
        self._looking = asyncio.ensure_future(asyncio.to_thread(self._pointing.completions, before_cursor))
        start, found = await asyncio.shield(self._looking)
        return [Choice(start, f"@{_quoted(c.words)} ", f"@{c.words}", c.kind) for c in found]


def _commands(before_cursor: str) -> Sequence[Choice]:
    commands = matching(before_cursor, COMMANDS)
    return [Choice(0, f"/{c.name} ", f"/{c.name} {c.usage}", c.help, runs=True) for c in commands]


def _quoted(words: str) -> str:
    path, separator, symbol = words.partition("::")
    return f'"{path}"{separator}{symbol}' if " " in path else words
