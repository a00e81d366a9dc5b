"""Notices that the engine no longer answers, and ends it: some grammars keep llama.cpp busy for ever, deaf to cancels.

How long a grammar takes cannot be told from its text. So while a reply with one is under way, the engine is asked a
trifle now and then; one that does not answer is ended, and the next request starts it anew. Nothing else is watched.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from assistant.engine.api import Engine
from assistant.errors import AssistantError

_EVERY_SECONDS = 2.0
_LEAST_SECONDS = 20.0
_SECONDS_A_BILLION = 20.0
"""One batch of a prompt takes about so long on a slow machine, for each billion of parameters."""


class Watch:
    """Watches `engine` while there is reason to; `least` seconds without an answer are too many for a tiny model."""

    def __init__(self, engine: Engine, least: float = _LEAST_SECONDS, every: float = _EVERY_SECONDS) -> None:
        self.ended = 0
        """How often the engine was ended."""
        self._engine, self._least, self._every = engine, least, every
        self._reasons = 0
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def over(self) -> AsyncIterator[None]:
        """Watch for as long as the block runs (and other blocks beside it)."""
        self._reasons += 1
        if self._task is None:
            self._task = asyncio.ensure_future(self._look())
        try:
            yield
        finally:
            self._reasons -= 1
            if not self._reasons and self._task is not None:
                self._task.cancel()
                self._task = None

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            try:
                async with asyncio.timeout(self._patience()):
                    await self._engine.tokenize("a")
            except TimeoutError:
                self.ended += 1
                await self._engine.close()
            except AssistantError:
                # It has ended by itself, and whoever waits is told.
                continue

    def _patience(self) -> float:
        loaded = self._engine.loaded
        return max(self._least, (loaded.parameters if loaded else 0) / 1e9 * _SECONDS_A_BILLION)
