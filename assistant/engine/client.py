"""The side of the engine in the app: streams a worker's answers, cancels, and survives its crash.

Nothing of llama.cpp is imported here, and nothing here blocks the event loop. All of an `EngineClient` belongs to one
event loop; for threads and scripts there is `blocking`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from assistant.engine import protocol
from assistant.engine.api import (
    Chunk,
    EngineCrashed,
    EngineError,
    GenerationRequest,
    GenerationStats,
    LoadedModel,
    ManyReply,
    ModelSpec,
    Prompt,
    TextChunk,
)
from assistant.engine.worker_process import WorkerProcess

_CLOSING_LIMIT = 3.0

PARALLEL = 32
"""How many replies `generate_many` computes in one batch at most."""


@dataclass
class _Asked:
    """A request on its way: what it does (for people), its answers as they come, and rewinds not answered yet."""

    doing: str
    request: GenerationRequest | None = None
    rewinds: int = 0
    answers: asyncio.Queue[protocol.Frame | EngineError] = field(default_factory=asyncio.Queue)

    async def next(self) -> protocol.Frame:
        """The next answer.

        Raises:
            EngineError: the worker said no, or is gone.
        """
        frame = await self.answers.get()
        if isinstance(frame, EngineError):
            raise frame
        if frame["kind"] == "error":
            raise protocol.error_from_frame(frame)
        return frame


class EngineClient:
    """An `Engine` (see `api`) whose model runs in a child process.

    After a crash the next request starts a new process and loads the last model again.

    Args:
        remember: keep the KV cache of the conversation on disk, so that it need not be read again after a restart.
    """

    def __init__(self, remember: bool = True) -> None:
        self._remember = remember
        self._worker: WorkerProcess | None = None
        self._asked: dict[int, _Asked] = {}
        self._last_id = 0
        self._loaded: LoadedModel | None = None
        self._spec: ModelSpec | None = None
        self._loading = asyncio.Lock()

    @property
    def loaded(self) -> LoadedModel | None:
        """The model in memory, or None before `load` and after a crash."""
        return self._loaded

    @property
    def log(self) -> Sequence[str]:
        """The last lines that llama.cpp and the worker wrote to stderr (untrusted text)."""
        return tuple(self._worker.words) if self._worker is not None else ()

    @property
    def worker_pid(self) -> int | None:
        """The process id of the worker, while there is one."""
        return self._worker.pid if self._worker is not None and not self._worker.ended else None

    async def load(self, spec: ModelSpec) -> LoadedModel:
        """Load a model, replacing the one in memory; where only the adapters differ, only they change.

        Raises:
            ModelRefused: the file cannot be run here. A model that was loaded before is used again when asked.
            EngineCrashed: llama.cpp ended the worker while loading.
        """
        async with self._loading:
            return await self._load(spec)

    async def generate(self, request: GenerationRequest) -> AsyncIterator[Chunk]:
        """Generate one reply. Closing the iterator cancels it within one decode step.

        Raises:
            PromptTooLong: the prompt does not fit; nothing was generated.
            EngineCrashed: the worker died; what was yielded before stands.
        """
        await self._ready()
        async with self._ask("generate", "generating", request=protocol.request_to_frame(request)) as asked:
            asked.request = request
            end: GenerationStats | None = None
            while end is None or asked.rewinds:
                frame = await asked.next()
                chunk = protocol.chunk_from_frame(frame)
                if isinstance(chunk, GenerationStats):
                    # While a rewind is on its way, this may be the end of what will be taken back.
                    end = chunk
                elif isinstance(chunk, TextChunk) and frame["kind"] == "rewound":
                    asked.rewinds -= 1
                    if end is not None and 0 <= chunk.tokens < end.completion_tokens:
                        end = None
                    if chunk.tokens >= 0:
                        yield chunk
                elif chunk is not None:
                    yield chunk
            asked.request = None
            yield end

    async def generate_many(
        self, requests: Sequence[GenerationRequest], parallel: int = PARALLEL
    ) -> AsyncIterator[ManyReply]:
        """Generate replies to all `requests`, up to `parallel` in one batch; each comes when it has ended.

        Closing the iterator cancels the rest.

        Raises:
            EngineCrashed: the worker died; the replies that came before stand.
        """
        await self._ready()
        frames = [protocol.request_to_frame(request) for request in requests]
        async with self._ask("many", f"generating {len(frames)} replies", requests=frames, parallel=parallel) as asked:
            while (frame := await asked.next())["kind"] == "reply":
                yield protocol.many_reply_from_frame(frame)

    def cancel(self) -> None:
        """End every reply that runs or waits; their iterators end with stats whose reason is "cancelled"."""
        for id_ in self._asked:
            self._send({"do": "cancel", "id": id_})

    def rewind(self, request: GenerationRequest, characters: int, keep_blanks: bool = True) -> None:
        """Take the running reply to `request` back to its first `characters` characters; see `Engine.rewind`."""
        for id_, asked in self._asked.items():
            if asked.request is request:
                asked.rewinds += 1
                self._send({"do": "rewind", "id": id_, "characters": characters, "keep_blanks": keep_blanks})

    async def tokenize(self, text: str, special: bool = False) -> Sequence[int]:
        """Token ids of `text`, without beginning-of-text."""
        return tuple(await self._value("tokenize", "tokenizing", text=text, special=special))

    async def count_tokens(self, prompt: Prompt) -> int:
        """How many tokens `prompt` takes after layout."""
        return int(await self._value("count", "counting tokens", prompt=protocol.prompt_to_frame(prompt)))

    async def close(self) -> None:
        """End the worker; replies that still run end with an error."""
        worker, self._worker, self._loaded = self._worker, None, None
        if worker is not None:
            if self._remember:
                for id_ in self._asked:
                    worker.send({"do": "cancel", "id": id_})
                # It stores its cache and goes by itself; one that is stuck is not waited for.
                worker.send({"do": "close", "id": 0})
                await worker.wait(_CLOSING_LIMIT)
            await worker.end()

    # -- requests

    async def _load(self, spec: ModelSpec) -> LoadedModel:
        if self._worker is not None and not self._worker.ended:
            try:
                return await self._load_into_worker(spec)
            except EngineCrashed:
                # What ended it may have been the model before (its file was overwritten, say): once more, from new.
                await self._worker.end()
        worker = self._worker = WorkerProcess(self._take_frame, self._take_end)
        await worker.start()
        return await self._load_into_worker(spec)

    async def _load_into_worker(self, spec: ModelSpec) -> LoadedModel:
        self._loaded = None
        async with self._ask("load", f"loading {spec.path}", spec=asdict(spec), remember=self._remember) as asked:
            value = (await asked.next())["value"]
        self._spec, self._loaded = spec, LoadedModel(**value)
        return self._loaded

    async def _ready(self) -> None:
        """See to it that a model is loaded, after a crash or a refused load too."""
        if self._loaded is not None:
            return
        async with self._loading:
            if self._loaded is None:
                if self._spec is None:
                    raise EngineError("no model is loaded", "", "wizard-tui models list")
                await self._load(self._spec)

    async def _value(self, do: str, doing: str, **fields: Any) -> Any:
        await self._ready()
        async with self._ask(do, doing, **fields) as asked:
            return (await asked.next())["value"]

    @contextlib.asynccontextmanager
    async def _ask(self, do: str, doing: str, **fields: Any) -> AsyncIterator[_Asked]:
        """Send a request; inside the block its answers come. Leaving the block before its end cancels it."""
        self._last_id += 1
        id_ = self._last_id
        asked = self._asked[id_] = _Asked(doing)
        self._send({"do": do, "id": id_, **fields})
        try:
            yield asked
        except (asyncio.CancelledError, GeneratorExit):
            self._send({"do": "cancel", "id": id_})
            raise
        finally:
            del self._asked[id_]

    def _send(self, frame: protocol.Frame) -> None:
        if self._worker is not None:
            self._worker.send(frame)

    # -- what the worker does

    def _take_frame(self, frame: protocol.Frame) -> None:
        asked = self._asked.get(frame["id"])
        # Answers to a request that was cancelled meanwhile have nobody to go to.
        if asked is not None:
            asked.answers.put_nowait(frame)

    def _take_end(self, gone: WorkerProcess) -> None:
        worker = self._worker
        if worker is not None and worker is not gone:
            # It was closed, and its successor is at work already.
            return
        self._loaded = None
        for asked in self._asked.values():
            if worker is None:
                asked.answers.put_nowait(EngineCrashed("the engine was closed", f"it was {asked.doing}"))
            else:
                asked.answers.put_nowait(worker.crash(asked.doing))
