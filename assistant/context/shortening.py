"""Attached texts brought into a room of tokens: whole where they fit, else their outline, else their beginning.

What became of each is told by its name. The same texts in the same room come out the same, so that a prompt's beginning
stays what the model has read. Sizes are counted by the model's own tokenizer and remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from assistant.context.attachments import Block, blocks_of
from assistant.context.names import definitions_of
from assistant.syntax.document import Document
from assistant.syntax.languages import LANGUAGES, detect

_MOST_SIZES = 4096
_LEAST = 24
"""Tokens below which a beginning of a text says nothing."""
_WORTH_AN_OUTLINE = 2
_LANGUAGES = {language.name: language for language in LANGUAGES}


class Tokenizing(Protocol):
    """What can count tokens: an engine."""

    async def tokenize(self, text: str, special: bool = False) -> Sequence[int]:
        """Token ids of `text`."""


class TokenSizes:
    """Sizes of texts in tokens, each counted once."""

    def __init__(self, engine: Tokenizing) -> None:
        self._engine = engine
        self._known: dict[str, int] = {}

    async def of(self, text: str) -> int:
        """The number of tokens of a text."""
        if not text:
            return 0
        if text not in self._known:
            if len(self._known) >= _MOST_SIZES:
                self._known.clear()
            self._known[text] = len(await self._engine.tokenize(text))
        return self._known[text]

    def forget(self) -> None:
        """Count anew: another model has other tokens."""
        self._known.clear()


@dataclass(frozen=True)
class Piece:
    """One attached text by its name: `kept` of its `tokens` are in the prompt."""

    label: str
    tokens: int
    kept: int

    def words(self) -> str:
        """What became of it, for a person."""
        if self.kept:
            return f"{self.label} shortened from {self.tokens:,} to {self.kept:,} tokens"
        return f"{self.label} left out ({self.tokens:,} tokens)"


@dataclass(frozen=True)
class Shortened:
    """Attached texts as they go into a prompt, and what became of each."""

    text: str
    pieces: tuple[Piece, ...] = ()


async def shorten(attached: str, room: int, sizes: TokenSizes) -> Shortened:
    """`attached` (see `attachments.Attachment.block`) in at most `room` tokens, about."""
    blocks = blocks_of(attached)
    whole = [await sizes.of(block.text()) for block in blocks]
    if sum(whole) <= room:
        return Shortened(attached, tuple(Piece(b.label, size, size) for b, size in zip(blocks, whole, strict=True)))
    # A share of the room goes to each that needs it; what short texts leave goes to the long ones.
    left, waiting = max(0, room), sorted(range(len(blocks)), key=lambda index: whole[index])
    chosen: dict[int, Block | None] = {}
    for place, index in enumerate(waiting):
        share = left // (len(waiting) - place)
        chosen[index] = blocks[index] if whole[index] <= share else await _fitted(blocks[index], share, sizes)
        form = chosen[index]
        left -= await sizes.of(form.text()) if form else 0
    kept = [chosen[index] for index in range(len(blocks))]
    pieces = [
        Piece(block.label, size, await sizes.of(form.text()) if form else 0)
        for block, form, size in zip(blocks, kept, whole, strict=True)
    ]
    return Shortened("".join(f"\n\n{form.text()}" for form in kept if form), tuple(pieces))


async def _fitted(block: Block, room: int, sizes: TokenSizes) -> Block | None:
    """A text's outline if it is a source file, else its beginning; None where the room is too small for either."""
    if room < _LEAST:
        return None
    form = _outlined(block) or block
    if form is not block and await sizes.of(form.text()) <= room:
        return form
    lines = form.body.split("\n")[:-1]
    low, high = 0, len(lines)
    while low < high:
        middle = (low + high + 1) // 2
        if await sizes.of(_beginning(form, lines, middle).text()) <= room:
            low = middle
        else:
            high = middle - 1
    return _beginning(form, lines, low) if low else None


def _beginning(block: Block, lines: Sequence[str], count: int) -> Block:
    more = len(lines) - count
    ending = f"(the other {more:,} lines do not fit)\n" if more else ""
    return replace(block, body="".join(f"{line}\n" for line in lines[:count]) + ending)


def _outlined(block: Block) -> Block | None:
    """What a source file defines, a line each; None for what is no source file, or defines too little to tell."""
    language = _LANGUAGES.get(block.fence) or detect(f"file.{block.fence}")
    if language is None or not block.is_file:
        return None
    found = definitions_of(Document(block.body, language))
    if len(found) < _WORTH_AN_OUTLINE:
        return None
    body = "".join(f"{'  ' * one.depth}{one.declaration}\n" for one in found)
    return replace(block, caption=f"{block.caption.rstrip(':')} (its outline, the whole does not fit):", body=body)
