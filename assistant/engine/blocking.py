"""The engine for scripts, threads and the trainer: the same client, its event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from types import TracebackType
from typing import Any, TypeVar

from assistant.engine.api import (
    Chunk,
    GenerationRequest,
    GenerationStats,
    LoadedModel,
    ManyReply,
    ModelSpec,
    Prompt,
    TextChunk,
)
from assistant.engine.client import PARALLEL, EngineClient

Result = TypeVar("Result")


class BlockingEngine:
    """`EngineClient` with methods that wait. Use it as a context manager, or call `close`.

    Args:
        remember: see `EngineClient`; scripts rarely have a conversation that is worth it.
    """

    def __init__(self, remember: bool = False) -> None:
        self._loop = asyncio.new_event_loop()
        # Linux ends a worker with the thread that started it, so this thread lives until `close`.
        self._thread = threading.Thread(target=self._loop.run_forever, name="engine", daemon=True)
        self._thread.start()
        self._client = self._wait(_make_client(remember))

    def __enter__(self) -> BlockingEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def loaded(self) -> LoadedModel | None:
        """The model in memory, if there is one."""
        return self._client.loaded

    @property
    def worker_pid(self) -> int | None:
        """The process id of the worker, while there is one."""
        return self._client.worker_pid

    def load(self, spec: ModelSpec) -> LoadedModel:
        """Load a model; see `EngineClient.load`."""
        return self._wait(self._client.load(spec))

    def generate(self, request: GenerationRequest) -> Iterator[Chunk]:
        """Generate one reply chunk by chunk; closing the iterator cancels it."""
        chunks = self._client.generate(request)
        try:
            while (chunk := self._wait(_next(chunks))) is not None:
                yield chunk
        finally:
            self._wait(_close(chunks))

    def reply(self, request: GenerationRequest) -> tuple[str, GenerationStats]:
        """Generate one reply and return its whole text and what it took."""
        text: list[str] = []
        for chunk in self.generate(request):
            if isinstance(chunk, TextChunk):
                text.append(chunk.text)
            elif isinstance(chunk, GenerationStats):
                stats = chunk
        return "".join(text), stats

    def generate_many(self, requests: Sequence[GenerationRequest], parallel: int = PARALLEL) -> Iterator[ManyReply]:
        """Generate replies to all `requests`, many in each batch; each comes when it has ended, with its index."""
        replies = self._client.generate_many(requests, parallel)
        try:
            while (reply := self._wait(_next(replies))) is not None:
                yield reply
        finally:
            self._wait(_close(replies))

    def tokenize(self, text: str, special: bool = False) -> Sequence[int]:
        """Token ids of `text`, without beginning-of-text."""
        return self._wait(self._client.tokenize(text, special))

    def count_tokens(self, prompt: Prompt) -> int:
        """How many tokens `prompt` takes after layout."""
        return self._wait(self._client.count_tokens(prompt))

    def close(self) -> None:
        """End the worker and the thread."""
        if self._loop.is_closed():
            return
        self._wait(self._client.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait(self, work: Coroutine[Any, Any, Result]) -> Result:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except KeyboardInterrupt:
            future.cancel()
            raise


async def _make_client(remember: bool) -> EngineClient:
    return EngineClient(remember)


async def _next(items: AsyncIterator[Result]) -> Result | None:
    return await anext(items, None)


async def _close(items: AsyncIterator[Any]) -> None:
    await items.aclose()  # type: ignore[attr-defined]  # it is an async generator
