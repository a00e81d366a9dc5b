"""Finds the code in what a model says: with or without fences, with chatter before and after, broken off or not."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n`]*$", re.M)


@dataclass(frozen=True)
class Block:
    """A fenced piece of a reply; `closed` is false where the reply ended within it."""

    code: str
    language: str
    closed: bool


def fenced_blocks(text: str) -> list[Block]:
    """All fenced blocks, in order; a fence that is never closed runs to the end."""
    blocks = []
    at = 0
    while opening := _FENCE.search(text, at):
        start = min(opening.end() + 1, len(text))
        closing = next((m for m in _FENCE.finditer(text, start) if m[1][0] == opening[1][0] and not m[2]), None)
        end = closing.start() if closing else len(text)
        blocks.append(Block(text[start:end], opening[2], closing is not None))
        if not closing:
            break
        at = closing.end()
    return blocks


def up_to_fence(text: str) -> str:
    """`text` before the first line that is a fence; all of it where there is none."""
    match = _FENCE.search(text)
    return text[: match.start()] if match else text


def without_fence_lines(text: str) -> str:
    """`text` with fence lines taken out."""
    return "\n".join(line for line in text.split("\n") if not _FENCE.match(line))
