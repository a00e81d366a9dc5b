"""What is being typed may become: a slash command, or after an `@` a file, a symbol, the diff."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from assistant.commands import COMMANDS
from assistant.commands.slash import matching
from assistant.context.mention_candidates import MentionCandidate, mention_at
from assistant.session.files.path_names import PathNames
from assistant.session.pointing import Pointing
from assistant.tui.widgets.choice_menu import Choice

_MANY = 5_000
"""Files from which their names alone are offered: to match all that is in them would take longer than a letter."""
_OFFERED = 12
_LOOK_AGAIN = 0.1


class ChoiceFinder:
    """Finds the choices for the text before the cursor, those that are at hand first.

    The names of files are listed in no time; what is in them is read once, in a thread, by one look at a time: letters
    typed meanwhile wait without a thread. In a folder of very many files, symbols are looked for after a `::` only.

    Args:
        names: of the folder's files.
    """

    def __init__(self, pointing: Pointing, names: PathNames) -> None:
        self._pointing = pointing
        self._names = names
        self._looking: asyncio.Future[tuple[int, tuple[MentionCandidate, ...]]] | None = None

    async def __call__(self, before_cursor: str) -> AsyncIterator[Sequence[Choice]]:
        """What it may become; asked on while more is found."""
        commands = _commands(before_cursor)
        mention = mention_at(before_cursor, len(before_cursor))
        if commands or mention is None:
            yield commands
            return
        start, typed = mention
        self._names.refresh()
        if "::" not in typed and (self._names.count > _MANY or not self._pointing.is_read):
            async for files in self._files(start, typed):
                yield files
            if self._names.count > _MANY:
                return
        while self._looking is not None and not self._looking.done():
            await asyncio.wait({self._looking})
        self._looking = asyncio.ensure_future(asyncio.to_thread(self._pointing.completions, before_cursor))
        start, found = await asyncio.shield(self._looking)
        yield [_choice(start, c.words, c.kind) for c in found]

    async def _files(self, start: int, typed: str) -> AsyncIterator[Sequence[Choice]]:
        """Files by their names, again as long as more names come."""
        listing = True
        while listing:
            listing = self._names.listing
            found = await self._names.search(typed, _OFFERED)
            if found or not listing:
                diff = [_choice(start, "diff", "diff")] if "diff".startswith(typed) else []
                yield [*diff, *(_choice(start, one.path, "file") for one in found)]
            if listing:
                await asyncio.sleep(_LOOK_AGAIN)


def _choice(start: int, words: str, kind: str) -> Choice:
    return Choice(start, f"@{_quoted(words)} ", f"@{words}", kind)


def _commands(before_cursor: str) -> Sequence[Choice]:
    commands = matching(before_cursor, COMMANDS)
    return [Choice(0, f"/{c.name} ", f"/{c.name} {c.usage}", c.help, runs=True) for c in commands]


def _quoted(words: str) -> str:
    path, separator, symbol = words.partition("::")
    return f'"{path}"{separator}{symbol}' if " " in path else words
