"""The way of judged proposals to the lessons: consent is asked for once, they are kept in a thread, faults are said.

Without consent nothing is remembered, not even for the time of a run.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.config import Config
from assistant.errors import AssistantError
from assistant.lessons import consent
from assistant.lessons.lesson import Lesson
from assistant.lessons.store import record
from assistant.session.judged import lesson_of_completion

if TYPE_CHECKING:
    from textual.app import App
    from textual.widget import Widget

    from assistant.tui.app import WizardApp
    from assistant.tui.panels.buffer import Buffer

_LEAST = 6
"""Characters of a completion from which on it teaches something."""
_SETTLE_SECONDS = 20.0
"""After so long, what stands at the place of a completion is what the person wanted there."""


def keeps(app: App[Any]) -> bool:
    """Whether the person has agreed."""
    config: Config | None = getattr(app, "config", None)
    return config is not None and config.lessons == "on"


async def keep(app: App[Any], lessons: Iterable[Lesson]) -> None:
    """Keep lessons, where that is agreed."""
    if not keeps(app):
        return
    config: Config = app.config  # type: ignore[attr-defined]  # asked for above
    try:
        for lesson in lessons:
            await asyncio.to_thread(record, config, lesson)
    except AssistantError as error:
        app.notify(error.sentence(), severity="warning")


async def to_ask(app: App[Any]) -> bool:
    """Whether the question is to be put now; it is put once."""
    config: Config | None = getattr(app, "config", None)
    try:
        if config is None or not await asyncio.to_thread(consent.is_to_be_asked, config):
            return False
        consent.asked()
    except AssistantError:
        return False
    return True


def agree(app: WizardApp, on: bool) -> None:
    """Keep lessons from now on, or none."""
    try:
        consent.answer(on)
    except AssistantError as error:
        app.notify(error.sentence(), severity="error")
        return
    app.config = dataclasses.replace(app.config, lessons="on" if on else "off")
    app.notify("Lessons are kept from now on, on this machine only." if on else "No lessons are kept from now on.")


class Completions:
    """Completions that were taken or dismissed, until it is seen what became of them.

    Args:
        panel: where they were.
    """

    def __init__(self, panel: Widget) -> None:
        self._panel = panel
        self._waiting: dict[asyncio.Task[None], _Judged] = {}

    def judged(self, buffer: Buffer, words: str, at: int, taken: bool, typed: int = 0) -> None:
        """A suggestion at character `at` was taken (it is in the text now) or dismissed, `typed` characters in its place."""
        if len(words.strip()) < _LEAST or not keeps(self._panel.app):
            return
        text = buffer.text.text
        one = _Judged(buffer, words, text[:at], text[at + (len(words) if taken else typed) :], taken)
        task = asyncio.create_task(self._later(one))
        self._waiting[task] = one
        task.add_done_callback(lambda done: self._waiting.pop(done, None))

    async def close(self) -> None:
        """The editor goes: what stands there now is what was wanted."""
        waiting = dict(self._waiting)
        self._waiting.clear()
        for task in waiting:
            task.cancel()
        for one in waiting.values():
            await self._settle(one)

    async def _later(self, one: _Judged) -> None:
        await asyncio.sleep(_SETTLE_SECONDS)
        await self._settle(one)

    async def _settle(self, one: _Judged) -> None:
        app, buffer = self._panel.app, one.buffer
        place: Any = getattr(app, "workplace", None)
        lesson = lesson_of_completion(
            buffer.text.text,
            one.words,
            one.before,
            one.after,
            len(one.before),
            one.taken,
            buffer.path,
            buffer.file.language_name if buffer.file else "",
            place.model_name() if place is not None else "",
        )
        if lesson is not None:
            await keep(app, [lesson])


@dataclass(frozen=True)
class _Judged:
    buffer: Buffer
    words: str
    before: str
    after: str
    taken: bool
