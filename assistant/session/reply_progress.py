"""How far a reply has come, as the session counts it while chunks arrive."""

from __future__ import annotations

import time
from dataclasses import dataclass

from assistant.engine.api import GenerationStats


@dataclass
class ReplyProgress:
    """Tokens and seconds of one reply."""

    prompt_tokens: int = 0
    cached: int = 0
    tokens: int = 0
    first_at: float = 0.0
    finished: bool = False

    def reached(self, tokens: int) -> None:
        """So many tokens have come."""
        self.first_at = self.first_at or time.monotonic()
        self.tokens = tokens

    def seconds(self) -> float:
        """Since the first of them."""
        return time.monotonic() - self.first_at if self.first_at else 0.0

    def stats(self) -> GenerationStats:
        """What is known of a reply that was stopped."""
        return GenerationStats("cancelled", self.prompt_tokens, self.cached, self.tokens, 0.0, self.seconds(), 0.0)
