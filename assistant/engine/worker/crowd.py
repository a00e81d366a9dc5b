"""Many replies at once, in a context of their own: what evaluation and evolution need.

Sequences share every batch and join and leave while others run. What a prompt begins with is computed once: a request
whose beginning another sequence is just computing waits for that and then takes a copy. The conversation in the main
context is not touched. Each sequence has a stream of the KV cache to itself, because in a shared one every token would
have to look past the cells of all the others (measured: 15 % at 32 short sequences, more at long ones).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from assistant.engine import footprint
from assistant.engine.api import Chunk, EngineError, GenerationRequest, GenerationStats, PromptTooLong, TextChunk
from assistant.engine.llama.bindings import library
from assistant.engine.llama.llama_model import LlamaModel
from assistant.engine.llama.sampling import make_ready
from assistant.engine.worker.decode import Decoder
from assistant.engine.worker.kv_cache import KvCache, common_prefix
from assistant.engine.worker.reply import Reply
from assistant.engine.worker.runtime import Runtime, new_reply

# A copy moves the whole stream, whatever of it is used; so many of its tokens move in the time that one is computed.
_COPIED_IN_A_TOKENS_TIME = 256
_MEMORY_SHARE = 0.5


@dataclass
class _Place:
    """One request in the crowd: its prompt, its text so far, and whose beginning it waits for."""

    index: int
    request: GenerationRequest
    prompt: list[int]
    text: list[str] = field(default_factory=list)
    leader: Reply | None = None
    shared: int = 0


class Crowd:
    """The replies to `requests`, `parallel` at a time.

    Args:
        finished: called with the index, text and accounts of each reply as it ends.
        refused: called with the index and the error of a request that cannot be begun.

    Raises:
        ModelRefused: there is no memory for a second context.
    """

    def __init__(
        self,
        runtime: Runtime,
        requests: Sequence[GenerationRequest],
        parallel: int,
        finished: Callable[[int, str, GenerationStats], None],
        refused: Callable[[int, EngineError], None],
    ) -> None:
        make_ready()
        self._runtime, self._model = runtime, runtime.model
        self._finished, self._refused = finished, refused
        self._waiting = deque(self._laid_out(requests))
        needs = [len(place.prompt) + max(place.request.max_tokens, 0) + 1 for place in self._waiting]
        stream = min(max(needs, default=1), self._model.context_size)
        stream = -(-stream // 256) * 256
        most = min(parallel, int(library.llama_max_parallel_sequences()))
        self.sequences = max(1, min(most, len(self._waiting), _room(self._model) // stream))
        self._worth = 2 + stream // _COPIED_IN_A_TOKENS_TIME
        self._context = runtime.new_context(stream * self.sequences, self.sequences, unified=False)
        self._cache = KvCache(self._context, self.sequences)
        limits = [min(stream, self._model.context_size)] * self.sequences
        self._decoder = Decoder(
            self._context, self._model.vocabulary, self._cache, self._model.batch_size, limits, whole_batches=True
        )

    def step(self) -> bool:
        """Begin what can begin and compute one batch; false when all replies have ended.

        Raises:
            EngineError: llama.cpp failed.
        """
        self._begin()
        if self._decoder.running:
            self._runtime.keep_pace(self._decoder)
        return bool(self._waiting or self._decoder.running)

    def close(self) -> None:
        """Free the context; replies that run end as cancelled."""
        self._waiting.clear()
        self._decoder.cancel_all()
        self._runtime.free_context(self._context)

    def _laid_out(self, requests: Sequence[GenerationRequest]) -> list[_Place]:
        places = []
        for index, request in enumerate(requests):
            try:
                self._model.layout.require_room(request.prompt, self._model.context_size)
                prompt = self._model.layout.tokens(request.prompt) or [self._model.vocabulary.any_start]
                if len(prompt) >= self._model.context_size:
                    raise PromptTooLong(len(prompt), self._model.context_size)
                places.append(_Place(index, request, prompt))
            except EngineError as error:
                self._refused(index, error)
        return places

    def _begin(self) -> None:
        """Give each free sequence the first waiting request whose beginning is there or is nobody else's."""
        taken = self._decoder.taken
        free = [s for s in range(self.sequences) if s not in taken]
        for _ in range(len(self._waiting) if free else 0):
            place = self._waiting.popleft()
            twin = self._same_being_read(place.prompt)
            sequence = self._least_lost(free) if twin else self._sequence_for(place, free)
            if sequence is None:
                self._waiting.append(place)
                continue
            free.remove(sequence)
            self._start(place, sequence, twin)
            if not free:
                break

    def _sequence_for(self, place: _Place, free: list[int]) -> int | None:
        """The free sequence that holds most of the prompt, after a copy if another holds more; None to wait."""
        if place.leader is not None and self._is_reading(place.leader, place.shared):
            return None
        held = [common_prefix(tokens, place.prompt) for tokens in self._cache.tokens]
        source = max(range(self.sequences), key=lambda sequence: held[sequence])
        for reply in self._decoder.running.values():
            shared = common_prefix(reply.prompt, place.prompt)
            if shared >= held[source] + self._worth and self._is_reading(reply, shared):
                place.leader, place.shared = reply, shared
                return None
        best = max(free, key=lambda sequence: held[sequence])
        if held[source] >= held[best] + self._worth:
            best = self._least_lost(free)
            self._cache.copy(source, best, held[source])
        return best

    def _least_lost(self, free: list[int]) -> int:
        return min(free, key=lambda sequence: len(self._cache.tokens[sequence]))

    def _same_being_read(self, prompt: list[int]) -> Reply | None:
        """The reply that is just reading this very prompt."""
        running = self._decoder.running.values()
        return next(
            (reply for reply in running if reply.prompt == prompt and self._is_reading(reply, len(prompt))), None
        )

    def _is_reading(self, reply: Reply, length: int) -> bool:
        running = self._decoder.running.get(reply.sequence) is reply
        return running and len(self._cache.tokens[reply.sequence]) < min(length, len(reply.prompt))

    def _start(self, place: _Place, sequence: int, twin: Reply | None) -> None:
        def emit(chunk: Chunk) -> None:
            if isinstance(chunk, TextChunk):
                place.text.append(chunk.text)
            elif isinstance(chunk, GenerationStats):
                self._finished(place.index, "".join(place.text), chunk)

        try:
            reply = new_reply(self._model, place.index, place.request, place.prompt, sequence, time.monotonic(), emit)
        except EngineError as error:
            self._refused(place.index, error)
            return
        if twin is not None:
            self._decoder.join(reply, twin)
        else:
            self._decoder.start(reply)


def _room(model: LlamaModel) -> int:
    """Tokens that half of the free memory holds."""
    return int(footprint.available_memory() * _MEMORY_SHARE / max(model.header.kv_bytes_per_token(), 1))
