"""Completion at the cursor as an editor calls it: suggestions that come at once where they can, and never get in the way.

    completer = Completer(engine)
    completer.prefetch(document, cursor, path)                 # a file was opened, or the cursor rests
    completer.stop_reading()                                   # the cursor moves on
    shown = completer.typed_into(document, cursor, path)       # after each key, before anything is drawn: no waiting
    shown = await completer.suggest(document, cursor, path)    # then this, once per key; the call before it ends
    completer.accepted(shown, document_after, path)            # the text is in the document now
    completer.touched(document, span, path)                    # something was edited, saved, yanked or looked at there

A Completer belongs to one event loop. It draws nothing, writes nothing and changes no document; texts of suggestions are
a model's, so untrusted: make control characters visible before a terminal sees them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from assistant.completion.ask import Asker, Grows, Place
from assistant.completion.recall import RememberedSuggestions
from assistant.completion.ring import Ring
from assistant.completion.suggestion import Habits, Suggestion
from assistant.engine.api import Engine, LoadedModel, Sampling
from assistant.syntax.document import Document, Span

__all__ = ["Completer", "Habits", "Suggestion"]

# With it, three alternatives of a small model differ and still make sense.
_ALTERNATIVE_TEMPERATURE = 0.6

Work = Callable[[], Coroutine[Any, Any, Suggestion | None]]


class Completer:
    """Makes suggestions with a loaded `engine`; see the module for when to call what.

    Paths are any strings that name documents; they are shown to the model. Cursors are in characters.
    """

    def __init__(self, engine: Engine, habits: Habits | None = None) -> None:
        self._engine = engine
        self._habits = habits or Habits()
        self._ring = Ring(self._habits.ring)
        self._remembered = RememberedSuggestions(self._habits.remembered)
        self._asker = Asker(engine, self._habits, self._ring)
        self._model: LoadedModel | None = None
        self._asked: asyncio.Task[Any] | None = None
        self._ahead: asyncio.Task[Any] | None = None
        self._preparing: Place | None = None
        self._calls = 0

    @property
    def available(self) -> bool:
        """Whether a model is loaded that fills gaps; if not, there are never suggestions."""
        loaded = self._engine.loaded
        return loaded is not None and loaded.infill

    @property
    def reading_ahead(self) -> bool:
        """Whether something is read or prepared in the background."""
        return self._ahead is not None

    async def suggest(
        self, document: Document, cursor: int, path: str, grows: Grows | None = None, debounce: float | None = None
    ) -> Suggestion | None:
        """What belongs at the cursor, or None: nothing does, nothing sound came, or a later call took this one's place.

        Remembered and prepared suggestions come at once. Otherwise the model is asked, after `debounce` seconds (by
        default the habit's) without another call. `grows` is called with each longer form whose lines are complete.
        Cancelling the caller cancels the model within a batch.

        Raises:
            EngineError: the engine could not, or died; the next call starts it anew.
        """
        place = Place(document, cursor, path)
        self._calls += 1
        self._cancel_asked()
        known = self.typed_into(document, cursor, path)
        if known is None and self._preparing is not None and self._preparing.same_as(place):
            await self._finish_ahead()
            known = self.typed_into(document, cursor, path)
        if known is not None or not self.available:
            if known is not None:
                following = place.after(known.text)
                # While one types into a suggestion, what follows it stays the same.
                if self._preparing is None or not self._preparing.same_as(following):
                    self._prepare(following)
            return known
        if self._remembered.find(path, document.text, cursor) == "":
            return None
        pause = self._habits.debounce if debounce is None else debounce
        found = await self._alone(partial(self._ask_after, pause, place, grows))
        if found is not None:
            self._prepare(place.after(found.text))
        return found

    def typed_into(self, document: Document, cursor: int, path: str) -> Suggestion | None:
        """What is left of a suggestion that was made before, if what has been typed since is how it begins."""
        self._notice_model()
        text = self._remembered.find(path, document.text, cursor)
        return Suggestion(text, cursor, remembered=True) if text else None

    async def alternatives(self, document: Document, cursor: int, path: str, count: int = 3) -> tuple[Suggestion, ...]:
        """Up to `count` different suggestions, the first one that of `suggest`; fewer where the model insists.

        A later call ends it, with what has been found.

        Raises:
            EngineError: as `suggest`.
        """
        place, calls = Place(document, cursor, path), self._calls + 1
        first = await self.suggest(document, cursor, path, debounce=0)
        found = [first] if first is not None else []
        if not self.available:
            return ()
        for seed in range(1, 2 * count):
            if len(found) >= count or self._calls != calls:
                break
            sampling = Sampling(_ALTERNATIVE_TEMPERATURE, repeat_penalty=1.0, seed=seed)
            other = await self._alone(partial(self._ask, place, sampling))
            if other is not None and other.text not in [one.text for one in found]:
                found.append(other)
        return tuple(found)

    def accepted(self, suggestion: Suggestion, document: Document, path: str) -> None:
        """Tell that a suggestion (or its beginning) was taken; `document` is the one with its text in it."""
        self.touched(document, Span(suggestion.cursor, min(suggestion.cursor + 1, len(document.text))), path)

    def touched(self, document: Document, span: Span, path: str) -> None:
        """Keep the chunk around `span`: prompts of other places will hold it. Costs no model call."""
        self._ring.touch(document, span, path)

    def prefetch(self, document: Document, cursor: int, path: str) -> None:
        """Read ahead for this place in the background, so that `suggest` there begins at once; any call ends it.

        Call it when a file is opened and when the cursor has come to rest. While something is asked or prepared, and
        where all has been read already, it does nothing.
        """
        if not self.available or self._asked is not None or self._preparing is not None:
            return
        self._notice_model()
        place = Place(document, cursor, path)
        if not self._asker.has_read(place):
            self._start_ahead(self._asker.read(place), None)

    def stop_reading(self) -> None:
        """End what is only read ahead: another key has come. What was read until then stays read."""
        if self._preparing is None:
            self._cancel_ahead()

    def cancel(self) -> None:
        """End whatever runs; a waiting `suggest` answers None."""
        self._calls += 1
        self._cancel_asked()
        self._cancel_ahead()

    async def close(self) -> None:
        """End whatever runs, and wait for it to have ended. The engine stays as it is."""
        tasks = [task for task in (self._asked, self._ahead) if task is not None]
        self.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- what is remembered

    async def _ask_after(self, pause: float, place: Place, grows: Grows | None) -> Suggestion | None:
        await asyncio.sleep(pause)
        sampling = Sampling(self._habits.temperature, repeat_penalty=1.0)
        found = await self._ask(place, sampling, grows)
        self._remember(place, found)
        return found

    async def _ask(self, place: Place, sampling: Sampling, grows: Grows | None = None) -> Suggestion | None:
        said = await self._asker.ask(place, sampling, grows)
        return Suggestion(said.offered, place.cursor, stats=said.stats) if said.offered else None

    def _remember(self, place: Place, found: Suggestion | None) -> None:
        text = found.text if found is not None else ""
        self._remembered.put(place.path, place.document.text, place.cursor, text)

    def _notice_model(self) -> None:
        """Another model says other things, and so does one with other adapters."""
        loaded = self._engine.loaded
        if loaded is not None and loaded is not self._model:
            self._model = loaded
            self._asker.forget()
            self._remembered.clear()

    # -- one thing at a time

    async def _alone(self, work: Work) -> Suggestion | None:
        """Do `work` as the one thing that is asked; None when something else is asked meanwhile."""
        self._cancel_asked()
        task = self._asked = asyncio.ensure_future(self._after_ahead(work))
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError:
            task.cancel()
            raise
        finally:
            if self._asked is task:
                self._asked = None
        return None if task.cancelled() else task.result()

    async def _after_ahead(self, work: Work) -> Suggestion | None:
        ahead = self._ahead
        self._cancel_ahead()
        if ahead is not None:
            await asyncio.wait((ahead,))
        return await work()

    def _cancel_asked(self) -> None:
        if self._asked is not None:
            self._asked.cancel()
            self._asked = None

    def _prepare(self, place: Place) -> None:
        """Make the suggestion for a place in the background, unless it is there already."""
        if not self._habits.prepare_next or not self.available:
            return
        if self._remembered.find(place.path, place.document.text, place.cursor) is None:
            self._start_ahead(self._ask_after(0, place, None), place)

    def _start_ahead(self, work: Coroutine[Any, Any, Any], place: Place | None) -> None:
        self._cancel_ahead()
        self._preparing = place
        task = self._ahead = asyncio.ensure_future(work)
        task.add_done_callback(self._ahead_done)

    def _ahead_done(self, task: asyncio.Task[Any]) -> None:
        # Nobody waits for it: what went wrong will go wrong again where somebody does.
        if not task.cancelled():
            task.exception()
        if self._ahead is task:
            self._ahead, self._preparing = None, None

    def _cancel_ahead(self) -> None:
        if self._ahead is not None:
            self._ahead.cancel()
        self._ahead, self._preparing = None, None

    async def _finish_ahead(self) -> None:
        if self._ahead is not None:
            await asyncio.wait((self._ahead,))
