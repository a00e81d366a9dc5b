"""A loaded model at work: its context, its KV cache, and how a request becomes a running reply.

Lives in the worker. The main conversation has sequence 0, completion at the cursor has sequence 1, so that neither
pushes the other's tokens out of the cache.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from assistant.engine import footprint
from assistant.engine.api import (
    Chunk,
    EngineError,
    GenerationRequest,
    InfillPrompt,
    ModelRefused,
    ModelSpec,
    Prompt,
    PromptTooLong,
    completion_size,
)
from assistant.engine.llama.bindings import AbortCheck, Log, Pointer, backend_devices, library, version
from assistant.engine.llama.llama_model import LlamaModel
from assistant.engine.llama.sampling import Sampler
from assistant.engine.model_header import ModelHeader, read_header
from assistant.engine.prompt.template import TemplateRenderer
from assistant.engine.worker.batch_cost import SIZES, BatchCost
from assistant.engine.worker.decode import Decoder
from assistant.engine.worker.drafting import Drafter
from assistant.engine.worker.infill_order import InfillOrder
from assistant.engine.worker.kv_cache import KvCache, common_prefix
from assistant.engine.worker.kv_store import KvStore
from assistant.engine.worker.pace import Pace
from assistant.engine.worker.probe import Probe
from assistant.engine.worker.reply import Reply
from assistant.engine.worker.reply_text import ReplyText

_CONVERSATION, _COMPLETION = 0, 1
_SEQUENCES = 2

Chore = Callable[[Callable[[], bool]], object]
"""Work for an idle moment; what it is given says whether to stop."""


class Runtime:
    """One model, one context, and the replies that run in it."""

    def __init__(
        self, spec: ModelSpec, header: ModelHeader, log: Log, abort: AbortCheck, renderer: TemplateRenderer
    ) -> None:
        self.model = LlamaModel(spec, header, log, renderer)
        limits = _limits(self.model)
        try:
            self._adapters = adapter_marks(spec)
            self.model.use_adapters(spec.adapters, [])
            self._abort = abort
            self._contexts: list[Pointer] = []
            self._pace = Pace(self.model.threads, self._set_threads)
            self._context = self.new_context(sum(limits), _SEQUENCES)
        except ModelRefused:
            self.model.close()
            raise
        self.store: KvStore | None = None
        self.order = InfillOrder(header, self.model.layout)
        self.cost = BatchCost(_machine_key(self.model))
        # A recurrent model cannot take back the part of a draft that was wrong.
        pointer = self.model.pointer
        self._can_draft = not (library.llama_model_is_recurrent(pointer) or library.llama_model_is_hybrid(pointer))
        # What llama.cpp rounds the context up to belongs to the conversation.
        conversation = int(library.llama_n_ctx(self._context)) - limits[_COMPLETION]
        self.limits = (min(conversation, self.model.context_size), limits[_COMPLETION])
        self.decoder = Decoder(
            self._context,
            self.model.vocabulary,
            KvCache(self._context, _SEQUENCES),
            self.model.batch_size,
            self.limits,
        )

    def new_context(self, cells: int, sequences: int, unified: bool = True) -> Pointer:
        """A context that can be aborted and keeps the pace; free it with `free_context`.

        Raises:
            ModelRefused: there is no memory for it.
        """
        context = self.model.new_context(cells, sequences, unified)
        self._abort.attach(context)
        self._contexts.append(context)
        self._set_threads(self._pace.threads)
        return context

    def free_context(self, context: Pointer) -> None:
        """Free what `new_context` made."""
        self._contexts.remove(context)
        library.llama_free(context)

    def sequence_for(self, prompt: Prompt) -> int:
        """The sequence in which a reply to `prompt` is generated."""
        return _COMPLETION if isinstance(prompt, InfillPrompt) and self.limits[_COMPLETION] else _CONVERSATION

    def start(
        self, id_: int, request: GenerationRequest, sequence: int, arrived: float, emit: Callable[[Chunk], None]
    ) -> None:
        """Begin the reply to `request` in `sequence`, which must be free.

        Raises:
            PromptTooLong: it does not fit.
            EngineError: it cannot be laid out or read, or its grammar cannot.
        """
        self.model.layout.require_room(request.prompt, self.limits[sequence])
        prompt = self.model.layout.tokens(request.prompt, self.order.suffix_first) or [self.model.vocabulary.any_start]
        if len(prompt) >= self.limits[sequence]:
            raise PromptTooLong(len(prompt), self.limits[sequence])
        reply = new_reply(self.model, id_, request, prompt, sequence, arrived, emit)
        if self.store is not None and sequence == _CONVERSATION:
            self._restore(self.store, prompt)
        if self._can_draft and request.drafts:
            reply.drafter = Drafter(prompt, self.model.vocabulary.tokenize(request.old_text), self.cost)
        self.decoder.start(reply)

    def remember(self) -> None:
        """From here on, the conversation's cache is kept on disk (see `save_cache`) and looked for there."""
        if self.store is None:
            self.store = KvStore(_store_key(self.model, self._adapters))

    def save_cache(self) -> None:
        """Store the conversation's cache, if it is remembered and has grown; the disk is written in the background."""
        if self.store is not None and not self.decoder.running:
            self.store.save(self._context, _CONVERSATION, self.decoder.cache.tokens[_CONVERSATION])

    def _restore(self, store: KvStore, prompt: list[int]) -> None:
        cache = self.decoder.cache
        held = common_prefix(cache.tokens[_CONVERSATION], prompt)
        loaded = store.restore(self._context, _CONVERSATION, prompt, held, self.limits[_CONVERSATION])
        if loaded is None:
            return
        cache.tokens[_CONVERSATION] = loaded
        if not loaded:
            cache.cut(_CONVERSATION, 0)

    def step(self) -> None:
        """Compute one batch for the replies that run; see `Decoder.step`."""
        self.keep_pace(self.decoder)

    def keep_pace(self, decoder: Decoder) -> None:
        """Let `decoder` compute one batch, with as many threads as there are cores for."""
        self._pace.resume()
        decoder.step()
        self._pace.note_step()
        if not decoder.running:
            self._pace.rest()

    def look_around(self) -> None:
        """Once in a while when idle: see how many cores the next reply may have."""
        self._pace.look()

    def _set_threads(self, count: int) -> None:
        for context in self._contexts:
            library.llama_set_n_threads(context, count, count)

    def has_other_adapters(self, spec: ModelSpec) -> bool:
        """Whether `spec` names other adapters than are in use, other weights of them, or files that have changed.

        Raises:
            ModelRefused: one of them is not there.
        """
        return adapter_marks(spec) != self._adapters

    def use_adapters(self, spec: ModelSpec) -> None:
        """Switch LoRA adapters; what was computed with the old ones is over, and nothing of it is used again.

        Raises:
            ModelRefused: one cannot be read or belongs to another model; all stays as it is.
        """
        if not self.has_other_adapters(spec):
            return
        marks = adapter_marks(spec)
        self.model.use_adapters(spec.adapters, self._contexts)
        self.decoder.cancel_all()
        self.save_cache()
        self.model.spec, self._adapters = spec, marks
        self.decoder.cache.clear()
        if self.store is not None:
            self.store.wait()
            self.store = KvStore(_store_key(self.model, marks))

    @property
    def held_bytes(self) -> int:
        """What closing this gives back; the weights are pages of the file, which count as free already."""
        return footprint.footprint(self.model.header, sum(self.limits)).kv_cache

    def chores(self) -> list[Chore]:
        """What can be made ready, and measurements that are still to be made, each once."""
        probe = Probe(self._context, self.decoder.cache)
        vocabulary = self.model.vocabulary
        chores: list[Chore] = [] if vocabulary.spelled_out else [vocabulary.spell_out]
        if self._can_draft and not self.cost.measured:
            room = self.limits[_CONVERSATION] - len(self.decoder.cache.tokens[_CONVERSATION])
            if room >= SIZES[-1]:
                seconds_of = partial(probe.batch_seconds, _CONVERSATION, vocabulary.any_start)
                chores.append(partial(self.cost.measure, seconds_of))
        if not self.order.settled and self._can_draft:
            chores.append(partial(self.order.measure, vocabulary, partial(probe.loss, _COMPLETION)))
        return chores

    def close(self) -> None:
        """End the replies that run, as cancelled, and free everything."""
        self.decoder.cancel_all()
        self.save_cache()
        if self.store is not None:
            self.store.wait()
        self.free_context(self._context)
        self.model.close()


def _machine_key(model: LlamaModel) -> str:
    header, devices = model.header, ",".join(words for _, words, _, _, _ in backend_devices())
    return f"{header.path.name}:{header.bytes}:{devices}:{model.threads}:{model.gpu_layers}:{version()}"


def adapter_marks(spec: ModelSpec) -> tuple[tuple[str, float, int, int], ...]:
    """What tells the adapters of `spec` from others: path, weight, and size and time of the file as it is now."""
    found = []
    for path, weight in spec.adapters:
        try:
            status = Path(path).stat()
        except OSError as error:
            raise ModelRefused(f"cannot load the adapter {path}", "there is no such file") from error
        found.append((path, weight, status.st_size, status.st_mtime_ns))
    return tuple(found)


def _store_key(model: LlamaModel, adapters: tuple[tuple[str, float, int, int], ...]) -> str:
    header = model.header
    # Each kind of attention has an order of its own in the cache.
    kind = model.gpu_layers > 0, model.attention(sum(_limits(model)))
    parts = (header.path.name, header.bytes, header.changed, adapters, *kind, version())
    return ":".join(str(part) for part in parts)


def new_reply(
    model: LlamaModel,
    id_: int,
    request: GenerationRequest,
    prompt: list[int],
    sequence: int,
    arrived: float,
    emit: Callable[[Chunk], None],
) -> Reply:
    """A reply to `request`, laid out as `prompt`, that can be started in `sequence`.

    Raises:
        EngineError: its grammar cannot be read, or its prompt has tokens that the model has not.
    """
    if not 0 <= min(prompt) <= max(prompt) < model.vocabulary.size:
        # llama.cpp would fail over the whole batch, and with it over the replies beside this one.
        raise EngineError("the prompt cannot be read", f"this model's tokens are 0 to {model.vocabulary.size - 1:,}")
    infill = isinstance(request.prompt, InfillPrompt)
    return Reply(
        id=id_,
        sequence=sequence,
        prompt=prompt,
        max_tokens=request.max_tokens,
        sampler=Sampler(model.vocabulary, request.sampling, prompt, request.choices),
        text=ReplyText((*request.stop, *model.layout.stop_texts(request.prompt))),
        emit=emit,
        arrived=arrived,
        ends=model.vocabulary.infill_ends if infill else frozenset(),
    )


def check_file(spec: ModelSpec, held: int = 0) -> ModelHeader:
    """The header of `spec`'s file, once it is sure that it is a model and fits into memory.

    Args:
        held: bytes that the model which is loaded now will give back.

    Raises:
        ModelRefused: it is not, or does not.
    """
    header = read_header(Path(spec.path))
    if not header.layer_bytes:
        raise ModelRefused(
            f"cannot load {spec.path}", "it holds no layers of a language model", "wizard-tui models list"
        )
    context_size = footprint.context_size_for(header, spec.context_size)
    gpus = [free for _, _, gpu, free, _ in backend_devices() if gpu]
    layers = footprint.layers_that_fit(header, context_size, gpus) if spec.gpu_layers < 0 else spec.gpu_layers
    on_gpu = footprint.bytes_on_gpu(header, context_size, layers) if gpus else 0
    footprint.require_memory(header, context_size, footprint.available_memory() + held, on_gpu)
    return header


def _limits(model: LlamaModel) -> tuple[int, int]:
    """Tokens for the conversation and, where the model can fill gaps, for completion."""
    completion = completion_size(model.context_size) if model.layout.infill_layout else 0
    return model.context_size, completion
