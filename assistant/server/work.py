"""Runs generations for clients: a bounded number at a time, and none for a client that has gone.

The engine decides in which order requests are answered; this bounds how many it holds, turns its errors into HTTP's,
and cancels what nobody waits for any more.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from assistant.completion.account import Account
from assistant.engine.api import (
    Engine,
    EngineCrashed,
    EngineError,
    GenerationRequest,
    GenerationStats,
    PromptTooLong,
    TextChunk,
)
from assistant.errors import AssistantError
from assistant.server.guard import Message, Receive, Refusal
from assistant.server.stuck import Watch

_T = TypeVar("_T")
Reply = AsyncGenerator[TextChunk | GenerationStats]


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


@dataclass
class Work:
    """The generations under way. `most` is how many the server holds, running and waiting."""

    engine: Engine
    most: int = 16
    watch: Watch | None = None
    """What ends an engine that a grammar keeps busy for ever; made for `engine` if left out."""
    running: int = field(default=0, init=False)
    _reading: asyncio.Task[None] | None = field(default=None, init=False)

    async def stream(self, request: GenerationRequest, account: Account | None = None) -> Reply:
        """The text of one reply as it comes, and last its stats; `account` is kept, for a reply that is left early.

        Raises:
            Refusal: the prompt does not fit, the engine cannot, or too many wait already.
        """
        if self.running >= self.most:
            raise Refusal(503, f"{self.most} requests are being worked on; try again", "server_error", "overloaded")
        self.running += 1
        watch = self.watch = self.watch or Watch(self.engine)
        bound, ended = request.sampling.grammar is not None, watch.ended
        chunks = self.engine.generate(request)
        try:
            async with watch.over() if bound else contextlib.nullcontext():
                async for chunk in chunks:
                    if account is not None:
                        account.take(chunk)
                    if isinstance(chunk, TextChunk | GenerationStats):
                        yield chunk
        except AssistantError as error:
            if bound and watch.ended > ended:
                raise Refusal(400, "the grammar takes too long: it can be read in too many ways") from error
            raise refusal_for(error) from error
        finally:
            self.running -= 1
            close = getattr(chunks, "aclose", None)
            if close is not None:
                await close()

    async def stop_reading(self) -> None:
        """End what `within` has left running: somebody asks again, and what was read so far is kept by the engine."""
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.cancel()
            await asyncio.wait((reading,))

    async def within(self, chunks: Reply, seconds: float) -> AsyncGenerator[TextChunk | GenerationStats]:
        """`chunks`, or an empty reply if the first one has not come after `seconds` (0 waits for as long as it takes).

        The prompt goes on being read then, so that the next request, which mostly begins alike, need not wait.
        """
        first = asyncio.ensure_future(anext(chunks, None))
        handed_on = False
        try:
            await asyncio.wait((first,), timeout=seconds or None)
            if not first.done():
                handed_on = True
                self._reading = asyncio.ensure_future(_read_on(first, chunks))
                yield GenerationStats("length", 0, 0, 0, seconds, 0.0, seconds)
                return
            if (chunk := first.result()) is not None:
                yield chunk
            async for chunk in chunks:
                yield chunk
        finally:
            if not handed_on:
                first.cancel()
                await asyncio.wait((first,))
                await chunks.aclose()

    async def whole(self, request: GenerationRequest) -> tuple[str, GenerationStats]:
        """One reply, complete."""
        async with contextlib.aclosing(self.stream(request)) as chunks:
            return await collect(chunks)


async def _read_on(first: asyncio.Future[TextChunk | GenerationStats | None], chunks: Reply) -> None:
    try:
        with contextlib.suppress(Refusal):
            await first
    finally:
        first.cancel()
        await asyncio.wait((first,))
        await chunks.aclose()


async def without_beginning(chunks: Reply, beginning: str) -> AsyncGenerator[TextChunk | GenerationStats]:
    """`chunks` without the text that the client has already."""
    said = ""
    async with contextlib.aclosing(chunks):
        async for chunk in chunks:
            if isinstance(chunk, TextChunk) and beginning:
                said += chunk.text
                if len(said) <= len(beginning) and beginning.startswith(said):
                    continue
                text = said[len(beginning) :] if said.startswith(beginning) else said
                chunk, beginning = TextChunk(text, chunk.tokens), ""
            yield chunk


async def collect(chunks: AsyncIterator[TextChunk | GenerationStats]) -> tuple[str, GenerationStats]:
    """The text and the stats of a stream."""
    pieces: list[str] = []
    async for chunk in chunks:
        if isinstance(chunk, GenerationStats):
            return "".join(pieces), chunk
        pieces.append(chunk.text)
    raise Refusal(500, "the reply ended without its stats", "server_error")


async def while_connected(receive: Receive, work: Coroutine[Any, Any, _T]) -> _T:
    """The result of `work`, which is cancelled when the client goes away.

    Raises:
        ClientGone: it went away.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientGone
        return task.result()
    finally:
        for one in (task, gone):
            one.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def _gone(receive: Receive) -> None:
    message: Message = {"type": ""}
    while message["type"] != "http.disconnect":
        message = await receive()


def refusal_for(error: AssistantError) -> Refusal:
    """The HTTP form of an engine's error."""
    if isinstance(error, PromptTooLong):
        return Refusal(400, error.sentence(), "invalid_request_error", "context_length_exceeded")
    if isinstance(error, EngineCrashed):
        return Refusal(500, error.sentence(), "server_error", "engine_crashed")
    if isinstance(error, EngineError):
        return Refusal(400, error.sentence())
    return Refusal(500, error.sentence(), "server_error")


async def until(
    chunks: Reply, end: Callable[[str], str | None], account: Account
) -> AsyncGenerator[TextChunk | GenerationStats]:
    """`chunks` until `end`, given all text so far, says with what text the reply ends; then the stats by `account`."""
    text, tokens = "", 0
    async with contextlib.aclosing(chunks):
        async for chunk in chunks:
            if isinstance(chunk, GenerationStats):
                yield chunk
                return
            before, tokens = len(text), chunk.tokens
            text += chunk.text
            final = end(text)
            if final is None:
                yield chunk
                continue
            if len(final) > before:
                yield TextChunk(final[before:], tokens)
            yield account.stats()
            return
