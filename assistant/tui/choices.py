"""What is being typed may become: a slash command, or after an `@` a file, a symbol, the diff."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from assistant.commands import COMMANDS
from assistant.commands.slash import matching
from assistant.session.pointing import Pointing
from assistant.tui.widgets.choice_menu import Choice


async def find_choices(before_cursor: str, pointing: Pointing) -> Sequence[Choice]:
    """The choices for the text before the cursor; names of a large folder are read in a thread."""
    commands = matching(before_cursor, COMMANDS)
    if commands:
        return [Choice(0, f"/{c.name} ", f"/{c.name} {c.usage}", c.help, runs=True) for c in commands]
    if "@" not in before_cursor:
        return ()
    start, found = await asyncio.to_thread(pointing.completions, before_cursor)
    return [Choice(start, f"@{_quoted(c.words)} ", f"@{c.words}", c.kind) for c in found]


def _quoted(words: str) -> str:
    path, separator, symbol = words.partition("::")
    return f'"{path}"{separator}{symbol}' if " " in path else words
