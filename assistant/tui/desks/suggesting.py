"""Suggestions while one types: asks for what belongs at the cursor and draws it there; no key ever waits for it.

When a model is asked, and what is remembered of its answers, `assistant.completion` knows; here that meets the editor.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from assistant.errors import AssistantError
from assistant.tui.desks.lesson_keeping import Completions

if TYPE_CHECKING:
    from textual.timer import Timer

    from assistant.completion.api import Completer
    from assistant.tui.panels.buffer import Buffer
    from assistant.tui.panels.open_files import OpenFiles

_RIGHT = 8
"""Characters right of the cursor, up to which something is suggested without being asked for."""
_SEEN_SECONDS = 0.8
"""For so long a suggestion was on the screen before typing over it says something about it."""
_BURST_SECONDS = 0.08
"""A key that comes so long after the one before it is not waited behind: the model is asked at once."""
_REST_SECONDS, _LATER_SECONDS = 0.15, 1.0
"""How long the cursor rests before a model reads ahead there; and when that is tried again where it could not be."""
_CLOSING = frozenset(" \t)]}\"'`;:,>")


class Suggesting:
    """What is suggested in one panel of open files."""

    def __init__(self, panel: OpenFiles) -> None:
        self._panel = panel
        self._completer: Completer | None = None
        self._task: asyncio.Task[None] | None = None
        self._others: tuple[str, ...] = ()
        self._told = ""
        self._lessons = Completions(panel)
        self._rest: Timer | None = None
        self._moved_at = self._typed_at = 0.0
        self._here: tuple[object, ...] = ()
        """Buffer, revision and selection as they were after the last key."""
        self.on = True

    @property
    def reading(self) -> bool:
        """Whether a model reads or prepares something ahead."""
        return self._completer is not None and self._completer.reading_ahead

    async def close(self) -> None:
        """End what runs."""
        self._stop()
        if self._rest is not None:
            self._rest.stop()
        await self._lessons.close()
        if self._completer is not None:
            await self._completer.close()

    def opened(self) -> None:
        """A file is seen: what a suggestion there needs is read ahead."""
        self._here = ()
        self.moved()

    def moved(self) -> None:
        """The cursor stands elsewhere: what was for the old place ends, and once it rests the new one is read ahead.

        While a movement key is held this costs next to nothing: a clock is read, and no timer is set anew.
        """
        here = self._place()
        if here == self._here:
            return
        if here[:2] == self._here[:2]:
            # By a key that has typed nothing: what is suggested or prepared for the old place is not wanted any more.
            self._stop()
            if self._completer is not None:
                self._completer.cancel()
        self._here = here
        self._wait_for_rest()

    def typed(self) -> None:
        """The text has changed by a key: go on with what is suggested, or ask anew."""
        self._stop()
        self._others = ()
        buffer = self._panel.buffer
        if self._completer is not None:
            self._completer.stop_reading()
        self._here = self._place()
        self._wait_for_rest()
        now, before = time.monotonic(), self._typed_at
        self._typed_at = now
        if buffer is None or not buffer.text.has_focus or buffer.text.went_back == buffer.text.revision:
            return
        over, unasked = buffer.text.typed_over(), self.on and _wanted(buffer)
        completer = self._ready(buffer, tell=unasked) if unasked or over else None
        if completer is None:
            return
        known = completer.typed_into(buffer.text.parsed, buffer.text.span.start, buffer.path)
        if known is not None:
            buffer.text.show_ghost(known.text)
            return
        if over is not None and over.seconds >= _SEEN_SECONDS:
            self._lessons.judged(buffer, over.text, over.at, taken=False, typed=over.typed)
        if unasked and not self._busy():
            pause = 0.0 if now - before >= _BURST_SECONDS else None
            self._task = asyncio.create_task(self._suggest(completer, buffer, pause))

    def ask(self) -> None:
        """Suggest here, asked for by a key."""
        self._stop()
        buffer = self._panel.buffer
        if (completer := self._ready(buffer)) is not None and buffer is not None:
            self._task = asyncio.create_task(self._suggest(completer, buffer, 0.0))

    def next(self) -> None:
        """Another one in the place of the one that is drawn."""
        buffer = self._panel.buffer
        if buffer is None:
            return
        ghost = buffer.text.ghost
        if ghost and ghost in self._others:
            at = (self._others.index(ghost) + 1) % len(self._others)
            buffer.text.show_ghost(self._others[at])
        elif (completer := self._ready(buffer)) is not None:
            self._stop()
            self._task = asyncio.create_task(self._ask_others(completer, buffer))

    def taken(self, words: str, at: int) -> None:
        """A suggestion, or its beginning, is in the text now."""
        buffer = self._panel.buffer
        if self._completer is not None and buffer is not None:
            from assistant.completion.api import Suggestion

            self._completer.accepted(Suggestion(words, at), buffer.text.parsed, buffer.path)
            self._lessons.judged(buffer, words, at, taken=True)

    def dismissed(self, words: str, at: int) -> None:
        """A suggestion was not wanted."""
        if self._panel.buffer is not None:
            self._lessons.judged(self._panel.buffer, words, at, taken=False)

    def switch(self) -> None:
        """Suggest while typing, or not."""
        self.on = not self.on
        self._stop()
        if self._completer is not None:
            self._completer.stop_reading()
        if self._panel.text is not None:
            self._panel.text.drop_ghost()
        self._panel.notify("Suggesting while you type." if self.on else "Suggesting only when asked: Alt+H.")

    def _place(self) -> tuple[object, ...]:
        buffer = self._panel.buffer
        return () if buffer is None else (buffer, buffer.text.revision, buffer.text.selection)

    def _wait_for_rest(self) -> None:
        self._moved_at = time.monotonic()
        if self._rest is None:
            self._rest = self._panel.set_timer(_REST_SECONDS, self._look_for_rest)

    def _look_for_rest(self) -> None:
        left = self._moved_at + _REST_SECONDS - time.monotonic()
        if left <= 0:
            self._rest = None
            left = self._read_ahead()
        if left > 0:
            self._rest = self._panel.set_timer(left, self._look_for_rest)

    def _read_ahead(self) -> float:
        """Let the model read what a suggestion at the cursor needs; returns when to try again, 0 for not at all."""
        place: Any = getattr(self._panel.app, "workplace", None)
        buffer = self._panel.buffer
        if buffer is None or buffer.text.read_only or not self.on or not buffer.text.selection.is_empty:
            return 0.0
        if place is None or place.engine.loaded is None or self._busy() or buffer.text.document.is_behind():
            return _LATER_SECONDS
        completer = self._ready(buffer, tell=False)
        if completer is not None:
            completer.prefetch(buffer.text.parsed, buffer.text.span.start, buffer.path)
        return 0.0

    async def _suggest(self, completer: Completer, buffer: Buffer, pause: float | None) -> None:
        text = buffer.text
        revision, cursor = text.revision, text.span.start

        def show(words: str) -> None:
            if words and (text.revision, text.span.start) == (revision, cursor) and text.selection.is_empty:
                text.show_ghost(words)

        try:
            found = await completer.suggest(
                text.parsed, cursor, buffer.path, grows=lambda some: show(some.text), debounce=pause
            )
            show(found.text if found is not None else "")
        except AssistantError as error:
            self._tell(error.sentence())

    async def _ask_others(self, completer: Completer, buffer: Buffer) -> None:
        text = buffer.text
        revision, cursor, drawn = text.revision, text.span.start, text.ghost
        try:
            found = await completer.alternatives(text.parsed, cursor, buffer.path)
        except AssistantError as error:
            self._tell(error.sentence())
            return
        if (text.revision, text.span.start) != (revision, cursor):
            return
        self._others = tuple(one.text for one in found)
        other = next((words for words in self._others if words != drawn), "")
        if other:
            text.show_ghost(other)
        else:
            self._panel.notify("The model has no other suggestion here.")

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _ready(self, buffer: Buffer | None, tell: bool = True) -> Completer | None:
        """The completer, once a model is loaded that fills gaps; of one that does not, that is said once."""
        place: Any = getattr(self._panel.app, "workplace", None)
        if place is None or buffer is None or buffer.text.read_only or place.engine.loaded is None:
            return None
        if self._completer is None:
            from assistant.completion.api import Completer

            self._completer = Completer(place.engine)
        if not self._completer.available and tell:
            self._tell(f"No suggestions while you type: {place.engine.loaded.name} was not trained to fill gaps (F2).")
        return self._completer if self._completer.available else None

    def _busy(self) -> bool:
        """Whether a reply is being written, which a suggestion would slow down."""
        place: Any = getattr(self._panel.app, "workplace", None)
        return place is not None and bool(place.session.running)

    def _tell(self, sentence: str) -> None:
        if sentence != self._told:
            self._told = sentence
            self._panel.notify(sentence)


def _wanted(buffer: Buffer) -> bool:
    """Whether the cursor stands where something may be suggested unasked: near the end of its line."""
    text = buffer.text
    if not text.selection.is_empty or text.further:
        return False
    row, column = text.cursor_location
    rest = text.document[row][column:]
    return len(rest) <= _RIGHT and all(sign in _CLOSING for sign in rest)
