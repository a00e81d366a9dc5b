"""A conversation: asks the engine, stores what comes as it comes, and tells it as events.

A piece of a reply is on disk before it is told, so what was shown is never lost. This knows no screen, and leaves
out of a prompt only what it names. One turn runs at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from pathlib import Path

from assistant.config import Config
from assistant.engine.api import (
    ChatMessage,
    ChatPrompt,
    Chunk,
    Engine,
    GenerationRequest,
    GenerationStats,
    ModelSpec,
    Prefill,
    TextChunk,
)
from assistant.errors import AssistantError, UsageError
from assistant.models.running import sampling
from assistant.session.context_choices import ContextChoices
from assistant.session.events import (
    ContextFitted,
    ContextTrimmed,
    Event,
    LookingThrough,
    ModelLoaded,
    NotAsked,
    PrefillProgress,
    ReplyRepeats,
    TextDelta,
    TurnEnded,
    TurnFailed,
    TurnStarted,
)
from assistant.session.files.folder_map import FolderMap
from assistant.session.fitting import Fitted, Fitting, Lead, exchanges
from assistant.session.loading import Loading
from assistant.session.pointing import Pointing
from assistant.session.records import MessageState, StoredMessage
from assistant.session.repetition import Repetition
from assistant.session.reply_progress import ReplyProgress
from assistant.session.store import Store
from assistant.session.streaming import Stopped, batches, unless_stopped

_PROMPT = Path(__file__).parents[1] / "prompts" / "chat.md"

_PATIENCE = 0.3
"""Seconds of looking for what a question points at that need not be spoken of."""
_STATES: dict[str, MessageState] = {"cancelled": "stopped"}


class Session:
    """One conversation on one folder.

    Args:
        engine: what answers.
        store: where the conversation lies.
        spec: the model to load when none is in memory.
        config: sampling and the longest reply.
        folder: the folder it is about.
        pointing: what `@` means in it.
    """

    def __init__(
        self,
        engine: Engine,
        store: Store,
        spec: ModelSpec,
        config: Config,
        folder: Path,
        pointing: Pointing | None = None,
    ) -> None:
        self.engine = engine
        self.store = store
        self.spec = spec
        self.id: int | None = None
        self.config = config
        self._folder = str(folder)
        self._pointing = pointing or Pointing(folder)
        self._system = _PROMPT.read_text(encoding="utf-8").strip()
        self._fitting = Fitting(engine)
        self._map = FolderMap(folder, self._pointing.names)
        self._reading_ahead: asyncio.Task[None] | None = None
        self._first_kept = 0
        self._choices = ContextChoices()
        self._stop = asyncio.Event()
        self._running = False
        self._loading = Loading(engine, spec)

    @property
    def running(self) -> bool:
        """Whether a turn is under way."""
        return self._running

    def open(self, session: int | None) -> list[StoredMessage]:
        """Go on with a stored conversation, or with None begin a new one; returns its messages."""
        self.id = session
        self._first_kept = 0
        self._choices = ContextChoices()
        self._map.forget()
        if session is None:
            return []
        self._choices = ContextChoices.from_json(self.store.context(session))
        self.store.settle(session)
        return self.store.messages(session)

    @property
    def choices(self) -> ContextChoices:
        """What the person chose about the context of this conversation."""
        return self._choices

    def choose(self, choices: ContextChoices) -> None:
        """Use (and, where there is a conversation yet, store) other choices from the next question on."""
        self._choices = choices
        self._first_kept = 0
        if self.id is not None:
            self.store.set_context(self.id, choices.to_json())

    def cancel(self) -> None:
        """End the turn that is under way; what came of the reply stands."""
        self._stop.set()

    async def load(self) -> AsyncIterator[Event]:
        """Load the model if it is not in memory: ModelLoading, ModelLoaded, or TurnFailed."""
        try:
            async for event in self._load():
                yield event
            self.read_ahead()
        except AssistantError as error:
            yield TurnFailed.of(error)

    def read_ahead(self) -> None:
        """Let the model read what stands before every question while nobody has asked one yet."""
        if self._reading_ahead is None or self._reading_ahead.done():
            self._reading_ahead = asyncio.create_task(self._read_ahead())

    async def _read_ahead(self) -> None:
        with contextlib.suppress(AssistantError):
            lead = await self._lead(patience=600.0)
            if lead.map_text and not self._running:
                prompt = ChatPrompt((ChatMessage("system", lead.text()), ChatMessage("user", "")))
                async for _ in self.engine.generate(GenerationRequest(prompt, max_tokens=0)):
                    pass

    async def run_turn(self, text: str) -> AsyncIterator[Event]:
        """Ask `text`; the last event is TurnEnded or TurnFailed.

        Raises:
            UsageError: a turn is under way, or there is no text.
        """
        if not text.strip():
            raise UsageError("there is nothing to ask")
        async for event in self._turn(text):
            yield event

    async def retry(self) -> AsyncIterator[Event]:
        """Ask the last question of this conversation once more; the reply so far stays above the new one."""
        async for event in self._turn(None):
            yield event

    async def _turn(self, text: str | None) -> AsyncGenerator[Event, None]:
        if self._running:
            raise UsageError("a reply is still being written", hint="Esc stops it")
        self._running = True
        self._stop.clear()
        if self._reading_ahead is not None:
            self._reading_ahead.cancel()
        try:
            pointing = asyncio.ensure_future(asyncio.to_thread(self._pointing.attachments, text or ""))
            await asyncio.wait({pointing}, timeout=_PATIENCE)
            if not pointing.done():
                yield LookingThrough(Path(self._folder).name)
            pointed = await unless_stopped(pointing, self._stop)
            question, reply = await asyncio.to_thread(self._begin, text, pointed.text)
            yield TurnStarted(question, reply, pointed.labels, pointed.unclear)
            async with contextlib.aclosing(self._answer(reply)) as events:
                async for event in events:
                    yield event
        except Stopped:
            yield NotAsked()
        except AssistantError as error:
            yield TurnFailed.of(error)
        finally:
            self._running = False

    def _begin(self, text: str | None, attached: str) -> tuple[int, int]:
        model = Path(self.spec.path).name
        if text is not None:
            begun = self.id is None
            self.id, question, reply = self.store.begin(self.id, self._folder, text, model, attached)
            if begun and self._choices != ContextChoices():
                self.choose(self._choices)
            return question, reply
        asked = [m.id for m in self.store.messages(self.id or 0) if m.role == "user"]
        if self.id is None or not asked:
            raise UsageError("there is no question to ask again")
        return asked[-1], self.store.add(self.id, "assistant", "", "streaming", model)

    async def _answer(self, reply: int) -> AsyncGenerator[Event, None]:
        """Run the turn into the stored message `reply`, which is finished however this ends."""
        state: MessageState = "cut"
        ending: Event | None = None
        progress = ReplyProgress()
        repetition = Repetition() if self.config.stop_repeats == "on" else None
        try:
            async for event in self._load():
                yield event
            fitted = await unless_stopped(self._fit(), self._stop)
            yield ContextFitted(fitted.parts, fitted.tokens, self._context_size())
            if fitted.left_out:
                yield ContextTrimmed(fitted.left_out, fitted.tokens, self._context_size())
            progress.prompt_tokens = fitted.tokens
            request = GenerationRequest(fitted.prompt, fitted.reply_room, sampling(self.config))
            # Closed at once however this ends, so that the engine hears of it then and not when memory is tidied.
            async with contextlib.aclosing(batches(self.engine, request, self._stop)) as stream:
                async for batch in stream:
                    for chunk in batch:
                        yield await self._told(chunk, reply, progress)
                        if repetition and isinstance(chunk, TextChunk) and (what := repetition.feed(chunk.text)):
                            yield ReplyRepeats(what)
                            raise Stopped
        except Stopped:
            state, ending = "stopped", TurnEnded(reply, progress.stats(), self._context_size())
        except AssistantError as error:
            ending = TurnFailed.of(error)
        except (asyncio.CancelledError, GeneratorExit):
            state = "stopped"
            raise
        finally:
            if not progress.finished:
                with contextlib.suppress(AssistantError):
                    self.store.finish(reply, state, progress.tokens, progress.seconds())
        if ending is not None:
            yield ending

    async def _told(self, chunk: Chunk, reply: int, progress: ReplyProgress) -> Event:
        """Store what a chunk brings, then say it."""
        match chunk:
            case Prefill(done=done, total=total, cached=cached):
                progress.cached = cached
                return PrefillProgress(done, total, cached)
            case TextChunk(text=text, tokens=tokens, drafted=drafted, accepted=accepted):
                progress.reached(tokens)
                await asyncio.to_thread(self.store.append, reply, text)
                return TextDelta(text, tokens, progress.seconds(), drafted, accepted)
            case GenerationStats() as stats:
                progress.finished = True
                taken = stats.completion_tokens, stats.decode_seconds
                await asyncio.to_thread(self.store.finish, reply, _STATES.get(stats.stop_reason, "done"), *taken)
                return TurnEnded(reply, stats, self._context_size())

    async def _load(self) -> AsyncIterator[Event]:
        async for event in self._loading.load(self.spec, self._stop):
            if isinstance(event, ModelLoaded):
                self._fitting.sizes.forget()
                self._map.forget()
            yield event

    async def _fit(self) -> Fitted:
        messages = self._wanted(await asyncio.to_thread(self.store.messages, self.id or 0))
        fitted = await self._fitting.fit(
            await self._lead(), exchanges(messages), self._context_size(), self.config.max_tokens, self._first_kept
        )
        self._first_kept = fitted.first_kept
        return fitted

    async def _lead(self, patience: float = 1.5) -> Lead:
        """What stands before all turns; the same for a whole conversation."""
        model = self.engine.loaded
        if model is None:
            return Lead(self._system)
        lead = Lead(self._system)
        if not self._choices.without_map:
            told = await self._map.outline(model, self._fitting.sizes, patience)
            lead = Lead(self._system, told.text, told.name, told.note)
        if not self._choices.pins:
            return lead
        pinned = await asyncio.to_thread(self._pointing.pinned, self._choices.pins)
        lead = replace(lead, lost=pinned.unclear)
        return await self._fitting.with_pinned(lead, pinned.text, model.context_size, self.config.max_tokens)

    def _wanted(self, messages: list[StoredMessage]) -> list[StoredMessage]:
        """The messages that the person has not taken out of the context, or not their attached texts."""
        kept = [message for message in messages if message.id > self._choices.after]
        return [replace(m, attached="") if m.id in self._choices.bare else m for m in kept]

    def _context_size(self) -> int:
        return self.engine.loaded.context_size if self.engine.loaded else 0
