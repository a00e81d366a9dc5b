"""Asks the model for one place: the frame that is kept while one types, the reply, its end by the tree, its polish.

One call after the other; what is remembered, cancelled or prepared is decided in `api`.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from functools import cached_property

from assistant.completion.account import Account
from assistant.completion.ending import Ending
from assistant.completion.fit import again
from assistant.completion.frame import Frame, build_frame
from assistant.completion.polish import around, polish, typable
from assistant.completion.ring import Ring
from assistant.completion.suggestion import Habits, Suggestion
from assistant.engine.api import (
    Choice,
    Chunk,
    Engine,
    GenerationRequest,
    GenerationStats,
    InfillPrompt,
    Sampling,
    TextChunk,
    completion_size,
)
from assistant.syntax.document import Document
from assistant.syntax.faults import faults

Grows = Callable[[Suggestion], None]
"""Called with each longer form of a suggestion whose lines are complete."""

# Tokens for the layout's own marks.
_MARGIN = 16
_SMALLEST_PROMPT = 64
_LONG_MIDDLE = 400
"""Characters typed into a gap from which on a pause is used to begin a new one."""


@dataclass(frozen=True)
class Place:
    """A cursor in a document."""

    document: Document
    cursor: int
    path: str

    def after(self, text: str) -> Place:
        """The place behind `text`, once that stands here."""
        document = self.document.edit(self.cursor, self.cursor, text)
        return Place(document, self.cursor + len(text), self.path)

    def same_as(self, other: Place) -> bool:
        """Whether it is the same cursor in the same text."""
        return (self.path, self.cursor, self.document.text) == (other.path, other.cursor, other.document.text)


@dataclass(frozen=True)
class Said:
    """What the model said at a place up to its end by the tree, and the part of it that may be offered."""

    text: str
    offered: str
    stats: GenerationStats


class _Judge:
    """Says where a reply at `place` is complete, and what of it may be offered."""

    def __init__(self, place: Place, most_lines: int) -> None:
        self._place, self._most_lines = place, most_lines

    @cached_property
    def _near(self) -> tuple[Document, int]:
        return around(self._place.document, self._place.cursor)

    @cached_property
    def _ending(self) -> Ending:
        return Ending(*self._near, self._most_lines)

    def make_ready(self) -> None:
        """Parse what is around the place, so that the first answer comes at once."""
        faults(self._near[0])
        self.end("")

    def end(self, text: str) -> int | None:
        """Where `text` is complete; None while it is not."""
        return self._ending.end(text)

    def offered(self, text: str) -> str:
        """What of `text` may be offered, with the document's line ends."""
        found = polish(*self._near, text)
        return found.replace("\n", "\r\n") if "\r\n" in self._near[0].text else found


class Asker:
    """Asks `engine` for one place after the other; `ring` holds what was touched elsewhere."""

    def __init__(self, engine: Engine, habits: Habits, ring: Ring) -> None:
        self._engine, self._habits, self._ring = engine, habits, ring
        self._frame: Frame | None = None
        self._read: InfillPrompt | None = None

    @property
    def frame(self) -> Frame | None:
        """What the last prompt was made of."""
        return self._frame

    def forget(self) -> None:
        """Build the next prompt anew: another model was loaded."""
        self._frame = self._read = None

    def has_read(self, place: Place) -> bool:
        """Whether the prompt for a place is the one that the model has read last, or how that began."""
        frame, read = self._frame, self._read
        if frame is None or read is None or not frame.fits(place.document, place.cursor, place.path):
            return False
        prompt, _ = frame.prompt(place.document, place.cursor)
        return (prompt.prefix, prompt.suffix) == (read.prefix, read.suffix) and read.middle.startswith(prompt.middle)

    async def ask(self, place: Place, sampling: Sampling, grows: Grows | None = None) -> Said:
        """What the model says at a place, and what of it may be offered.

        Raises:
            EngineError: the engine could not.
        """
        prompt, held = await self._prompt(place, waited_for=True)
        choices = (again(held),) if held else ()
        chunks_of = self._chunks(prompt, self._habits.most_tokens, sampling, choices)
        judge = _Judge(place, self._habits.most_lines)
        said, text, shown = "", "", ""
        account = Account()
        async with contextlib.aclosing(chunks_of) as chunks:
            async for chunk in chunks:
                account.take(chunk)
                if not isinstance(chunk, TextChunk):
                    # The model reads, and there is a processor for this.
                    judge.make_ready()
                    continue
                said += chunk.text
                if len(said) <= len(held) and held.startswith(said):
                    continue
                text = typable(said[len(held) :] if said.startswith(held) else said, place.document)
                end = judge.end(text)
                if end is not None:
                    text = text[:end]
                    break
                if grows is not None and "\n" in chunk.text:
                    shown = _grow(place, judge.offered(text[: text.rfind("\n")]), shown, grows)
            else:
                if account.stats().stop_reason != "end" and text.strip("\n").count("\n"):
                    # There was no room for more: its last line stops anywhere.
                    text = text[: text.rfind("\n")]
                # Otherwise the reply ended by itself, and its last line is complete too.
                text = text[: judge.end(text + "\n")]
        return Said(text, judge.offered(text), account.stats())

    async def read(self, place: Place) -> None:
        """Let the model read the prompt for a place, and say nothing.

        Raises:
            EngineError: the engine could not.
        """
        frame = self._frame
        # There is time to let what was typed become a part of the prefix, which may be cut.
        anew = frame is not None and place.cursor - frame.anchor > _LONG_MIDDLE
        prompt, _ = await self._prompt(place, anew)
        async with contextlib.aclosing(self._chunks(prompt, 0)) as chunks:
            async for _ in chunks:
                pass

    async def _prompt(self, place: Place, anew: bool = False, waited_for: bool = False) -> tuple[InfillPrompt, str]:
        """The prompt for a place and what its reply begins with: the frame of before where it fits, else a new one."""
        frame = self._frame
        if frame is None or anew or not frame.fits(place.document, place.cursor, place.path):
            frame = await build_frame(
                place.document,
                place.cursor,
                place.path,
                self._ring,
                max(self.budget(), _SMALLEST_PROMPT),
                self._engine.count_tokens,
                frame,
                waited_for,
            )
            self._frame = frame
        return frame.prompt(place.document, place.cursor)

    def budget(self) -> int:
        """Tokens for the file and the ring in a prompt; none where a reply alone would fill the context."""
        loaded = self._engine.loaded
        # What is typed into the gap needs room too.
        limit = completion_size(loaded.context_size) if loaded is not None else 0
        return max(0, min(self._habits.prompt_tokens, limit - self._habits.most_tokens - _MARGIN - limit // 8))

    async def _chunks(
        self, prompt: InfillPrompt, most: int, sampling: Sampling | None = None, choices: tuple[Choice, ...] = ()
    ) -> AsyncGenerator[Chunk]:
        """The chunks of a reply of `most` tokens; leaving them early cancels it."""
        request = GenerationRequest(prompt, most, sampling or Sampling(), choices=choices)
        chunks = self._engine.generate(request)
        self._read = None
        try:
            async for chunk in chunks:
                if isinstance(chunk, TextChunk) or (
                    isinstance(chunk, GenerationStats) and chunk.stop_reason != "cancelled"
                ):
                    self._read = prompt
                yield chunk
        finally:
            close = getattr(chunks, "aclose", None)
            if close is not None:
                await close()


def _grow(place: Place, polished: str, shown: str, grows: Grows) -> str:
    if len(polished) <= len(shown):
        return shown
    grows(Suggestion(polished, place.cursor, whole=False))
    return polished
