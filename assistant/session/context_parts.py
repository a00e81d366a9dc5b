"""What a prompt consists of, part by part, and what of each part is not in it: data for whoever shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

GONE = "is not there any more"
"""The note of a part that was pinned and of which nothing is left."""

PartKind = Literal["system", "map", "pinned", "files", "history", "question", "reply"]


@dataclass(frozen=True)
class ContextPart:
    """One part of a prompt, or the room kept for the reply.

    `tokens` are in the prompt, `cut` more would have been; `note` is a clause for people (what a map shows, say).
    """

    kind: PartKind
    name: str
    tokens: int
    cut: int = 0
    note: str = ""

    def words(self) -> str:
        """The part for a person: `shop.py shortened from 9,000 to 1,200 tokens`."""
        if not self.cut:
            return f"{self.name} ({self.tokens:,} tokens)"
        if self.tokens:
            return f"{self.name} shortened from {self.tokens + self.cut:,} to {self.tokens:,} tokens"
        return f"{self.name} left out ({self.cut:,} tokens)"
