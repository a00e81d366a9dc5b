"""The rows of the store, as frozen data: a conversation in the list, and one stored message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from assistant.engine.api import Role

MessageState = Literal["done", "streaming", "stopped", "cut"]
"""`streaming`: being written; `stopped`: the user ended it; `cut`: the model or the app ended in the middle."""

TITLE_LENGTH = 60


@dataclass(frozen=True)
class StoredMessage:
    """One message as it lies in the store.

    `tokens` and `seconds` say what a reply took, 0 where unknown; `attached` is what a question's mentions put into
    the prompt, kept as it was so that later prompts begin with the same tokens.
    """

    id: int
    role: Role
    text: str
    state: MessageState
    created: float
    model: str = ""
    tokens: int = 0
    seconds: float = 0.0
    attached: str = ""


@dataclass(frozen=True)
class SessionSummary:
    """A conversation as a list shows it. `updated` is in seconds since 1970; `found` is where a search matched."""

    id: int
    title: str
    folder: str
    updated: float
    messages: int
    found: str = ""
    parent: int | None = None
    """The conversation that it was forked from."""


def title_of(text: str) -> str:
    """A conversation's first name: the first line that says something, cut at a word."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    if len(line) <= TITLE_LENGTH:
        return line or "Untitled"
    cut = line[:TITLE_LENGTH].rsplit(" ", 1)[0]
    return f"{cut}…"
