"""What a reply took so far, for one that is left before the engine's own account of it comes."""

from __future__ import annotations

import time

from assistant.engine.api import Chunk, GenerationStats, Prefill, TextChunk


class Account:
    """What a reply took, for one that is left before the engine's own account of it comes too."""

    def __init__(self) -> None:
        self._asked = time.monotonic()
        self._first = self._last = 0.0
        self._prompt = self._cached = self._tokens = 0
        self._stats: GenerationStats | None = None

    def take(self, chunk: Chunk) -> None:
        """Note a chunk as it comes."""
        match chunk:
            case Prefill():
                self._prompt, self._cached = chunk.total, chunk.cached
            case TextChunk():
                self._tokens, self._last = chunk.tokens, time.monotonic()
                self._first = self._first or self._last
            case GenerationStats():
                self._stats = chunk

    def stats(self) -> GenerationStats:
        """The engine's account, or our own with "stop" as its reason."""
        if self._stats is not None:
            return self._stats
        wait = self._first - self._asked if self._first else 0.0
        return GenerationStats("stop", self._prompt, self._cached, self._tokens, wait, self._last - self._first, wait)
