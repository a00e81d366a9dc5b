"""Follows a turn: the one place where events become widgets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import assert_never

from textual.widget import Widget

from assistant.engine.api import GenerationStats
from assistant.session.context_parts import GONE
from assistant.session.events import (
    ContextFitted,
    ContextTrimmed,
    Event,
    LookingThrough,
    ModelLoaded,
    ModelLoading,
    NotAsked,
    PrefillProgress,
    ReplyRepeats,
    TextDelta,
    TurnEnded,
    TurnFailed,
    TurnStarted,
)
from assistant.session.records import StoredMessage
from assistant.tui.desks.pace import Pace
from assistant.tui.widgets.notice import Notice, Tone
from assistant.tui.widgets.question import Question
from assistant.tui.widgets.reply import Reply
from assistant.tui.widgets.status_bar import StatusBar
from assistant.tui.widgets.title_bar import TitleBar
from assistant.tui.widgets.transcript import Entry, Transcript

RESTART_HINT = "Ctrl+R starts the model again and repeats the question"

_REPEATS_HINT = "Ctrl+R asks again; stop_repeats in the settings (F10) lets replies go on"
_ENDINGS = {
    "cancelled": "stopped",
    "length": "cut at the longest reply that the settings allow (max_tokens)",
    "context_full": "cut because the context is full; Ctrl+N begins a new conversation",
}


class TurnView:
    """One turn on the screen.

    Args:
        question: what was asked; "" for a turn that asks again, or only loads the model.
        model_name: what the model that runs is called here.
        heard: told every event once it is shown.
    """

    def __init__(
        self,
        transcript: Transcript,
        status: StatusBar,
        title: TitleBar,
        question: str = "",
        model_name: Callable[[], str] = lambda: "",
        heard: Callable[[Event], None] = lambda event: None,
    ) -> None:
        self._transcript = transcript
        self._status = status
        self._title = title
        self._question = question
        self.stored = False
        self._pace = Pace(status)
        self._reply: Reply | None = None
        self._text = ""
        self._model_name = model_name
        self._heard = heard

    async def follow(self, events: AsyncIterator[Event]) -> None:
        """Show every event of a turn until its last."""
        async for event in events:
            await self._show(event)
            self._heard(event)

    async def _show(self, event: Event) -> None:
        match event:
            case TurnStarted(question_id=question, attached=attached, unclear=unclear):
                await self._begin(question, attached, unclear)
            case LookingThrough(name=name):
                self._status.set(doing="looking", detail=name)
            case NotAsked():
                self._status.set(doing="ready")
            case ModelLoading(name=name):
                self._status.set(doing="loading", detail=name)
                self._title.show_model(self._model_name() or Path(name).stem)
            case ModelLoaded(model=model):
                self._title.show_model(self._model_name() or model.name, model.device)
                self._status.set(doing="ready", context_size=model.context_size, speed=0.0)
            case ContextFitted(parts=parts):
                self._say_lost([part.name for part in parts if part.note == GONE])
            case ContextTrimmed(left_out=left_out):
                await self._say_left_out(left_out)
            case PrefillProgress(done=done, total=total, cached=cached):
                self._pace.read(done, total, cached)
            case TextDelta():
                await self._take(event)
            case ReplyRepeats(what=what):
                await self._say(f"The reply said {what}, so it was ended.", _REPEATS_HINT, "warning")
            case TurnEnded(stats=stats, context_size=size):
                await self._end(event, stats, size)
            case TurnFailed():
                await self._fail(event)
            case _:
                assert_never(event)

    async def _begin(self, message: int, attached: tuple[str, ...], unclear: tuple[str, ...]) -> None:
        if self._question:
            asked: Entry = partial(Question, self._question, message)
            await self._transcript.add(asked(), asked)
        if attached:
            await self._say(f"In the prompt: {', '.join(attached)}")
        for sentence in unclear:
            await self._say(f"{sentence} It is asked as it stands.", tone="warning")
        self.stored = True
        self._pace.begin()

    async def _take(self, event: TextDelta) -> None:
        if self._reply is None:
            self._reply = Reply()
            await self._transcript.add(self._reply, Reply)
        self._text += event.text
        self._reply.feed(event.text)
        self._pace.wrote(event.tokens, event.drafted, event.accepted)

    def _say_lost(self, pins: list[str]) -> None:
        for pin in pins:
            words = f"{pin} is pinned and {GONE}: it is left out of the prompt. /drop {pin} unpins it."
            self._transcript.notify(words, severity="warning")

    async def _say_left_out(self, left_out: tuple[str, ...]) -> None:
        self._status.set(left_out=len(left_out))
        shown = ", ".join(left_out[-3:])
        more = f"{len(left_out) - 3} more and " if len(left_out) > 3 else ""
        text = f"Left out so that the prompt fits the model's context: {more}{shown}."
        await self._say(text, "", "warning")

    async def _say(self, text: str, hint: str = "", tone: Tone = "info") -> None:
        make: Entry = partial(Notice, text, hint, tone)
        await self._transcript.add(make(), make)

    async def _end(self, event: TurnEnded, stats: GenerationStats, size: int) -> None:
        note = reply_note(
            self._model_name(), stats.completion_tokens, event.tokens_per_second, _ENDINGS.get(stats.stop_reason, "")
        )
        await self._finish(note, cut=stats.stop_reason not in ("end", "stop"))
        read = stats.prompt_tokens - stats.cached_tokens
        self._status.set(
            doing="ready",
            speed=event.tokens_per_second,
            context_used=event.context_used or self._status.status.context_used,
            context_size=size or self._status.status.context_size,
            cached=stats.cached_tokens,
            total=stats.prompt_tokens or self._status.status.total,
            prefill_speed=read / stats.prefill_seconds if stats.prefill_seconds > 0 and read > 0 else 0.0,
            drafts=stats.accepted_tokens / stats.drafted_tokens if stats.drafted_tokens else None,
        )

    async def _fail(self, failure: TurnFailed) -> None:
        if self._text:
            await self._finish("the reply ends here", cut=True)
        hint = RESTART_HINT if failure.restart else failure.hint
        await self._say(failure.sentence() + ".", hint, "error")
        self._status.set(doing="failed", detail="the model is not running" if failure.restart else "not done")

    async def _finish(self, note: str, cut: bool) -> None:
        make = partial(_reply, self._text, note, cut)
        if self._reply is None:
            await self._transcript.add(make(), make)
        else:
            self._reply.finish(note, cut)
            self._transcript.change(self._reply, make)


def entries_of(messages: list[StoredMessage]) -> list[Entry]:
    """How stored messages are shown."""
    entries: list[Entry] = []
    for message in messages:
        if message.role == "user":
            entries.append(partial(Question, message.text, message.id))
        elif message.role == "assistant":
            ending = {"stopped": "stopped", "cut": "the reply ends here: the app or the model stopped"}.get(
                message.state, ""
            )
            speed = message.tokens / message.seconds if message.seconds > 0 else 0.0
            note = reply_note(Path(message.model).stem, message.tokens, speed, ending)
            entries.append(partial(_reply, message.text, note, bool(ending)))
    return entries


def reply_note(model: str, tokens: int, speed: float, ending: str) -> str:
    """The line below a reply: model, tokens, speed, and why it ended early if it did."""
    parts = [model] if model else []
    if tokens:
        parts.append(f"{tokens:,} tokens")
    if speed:
        parts.append(f"{speed:.1f} tok/s")
    if ending:
        parts.append(ending)
    return " · ".join(parts)


def _reply(text: str, note: str, cut: bool) -> Widget:
    reply = Reply(text, note, finished=True)
    reply.set_class(cut, "-cut")
    return reply
