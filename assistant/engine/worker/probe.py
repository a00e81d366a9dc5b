"""Computes a batch only to look at it: how long it takes, and how likely the model finds given tokens.

What is in the cache before stays there; what is probed is taken out again.
"""

from __future__ import annotations

import time

from assistant.engine.llama.bindings import Pointer, library
from assistant.engine.worker.kv_cache import Batch, KvCache


class Probe:
    """Looks into one context."""

    def __init__(self, context: Pointer, cache: KvCache) -> None:
        self._context, self._cache = context, cache

    def batch_seconds(self, sequence: int, token: int, size: int) -> float:
        """What `size` tokens at the end of `sequence` cost in seconds, all of them with logits; infinite if aborted."""
        held = len(self._cache.tokens[sequence])
        batch = Batch(size)
        batch.add(sequence, held, [token] * size, 0)
        started = time.monotonic()
        code = batch.decode(self._context)
        library.llama_synchronize(self._context)
        elapsed = time.monotonic() - started
        self._cache.cut(sequence, held)
        return elapsed if code == 0 else float("inf")

    def loss(self, sequence: int, prompt: list[int], wanted: list[int]) -> float:
        """Mean negative log-likelihood of `wanted` after `prompt`, in an emptied `sequence`; infinite if aborted."""
        self._cache.cut(sequence, 0)
        tokens, first = [*prompt, *wanted[:-1]], len(prompt) - 1
        batch = Batch(len(tokens))
        row = batch.add(sequence, 0, tokens, first)
        code = batch.decode(self._context)
        total = sum(self._surprise(row + i, token) for i, token in enumerate(wanted)) if code == 0 else float("inf")
        self._cache.cut(sequence, 0)
        return total / len(wanted)

    def _surprise(self, row: int, token: int) -> float:
        import numpy

        size = library.llama_vocab_n_tokens(library.llama_model_get_vocab(library.llama_get_model(self._context)))
        logits = numpy.ctypeslib.as_array(library.llama_get_logits_ith(self._context, row), shape=(size,))
        logits = logits.astype(numpy.float64)
        top = float(logits.max())
        return top + float(numpy.log(numpy.exp(logits - top).sum())) - float(logits[token])
