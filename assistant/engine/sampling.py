"""Chooses the next token: llama.cpp's samplers in C, in one chain per reply, no logits copied into Python.

A grammar is not part of the chain: the chain chooses first and the grammar checks that one token (0.1 ms); only when it
says no are all tokens checked (some 10 ms).
"""

from __future__ import annotations

import ctypes
import json
import os
import re
from collections.abc import Sequence
from typing import Any

from assistant.engine.api import EngineError, Sampling
from assistant.engine.bindings import Pointer, library
from assistant.engine.vocabulary import Vocabulary

_PENALTY_WINDOW = 256
_DRY_WINDOW = 1024
_DRY_BASE, _DRY_ALLOWED = 1.75, 2
_DRY_BREAKERS = (b"\n", b":", b'"', b"*")
_IMPOSSIBLE = -1e30


class Sampler:
    """The sampler of one reply; call `close` when the reply is over.

    Raises:
        EngineError: the grammar cannot be read.
    """

    def __init__(self, vocabulary: Vocabulary, settings: Sampling, prompt: Sequence[int]) -> None:
        self._vocabulary = vocabulary
        self._grammar = _grammar(vocabulary, settings) if settings.grammar is not None else None
        self._awaited = settings.grammar_after.encode()
        self._tail: list[int] = []
        self._chain = _chain(vocabulary, settings)
        self._candidates: ctypes.Array[Any] | None = None
        window = max(
            _PENALTY_WINDOW if settings.repeat_penalty != 1.0 else 0,
            _DRY_WINDOW if settings.dry_multiplier > 0 else 0,
        )
        for token in prompt[-window:] if window else ():
            library.llama_sampler_accept(self._chain, token)

    def sample(self, context: Pointer, row: int) -> int:
        """The token that follows batch row `row` of the last decode; the samplers take note of it."""
        if self._grammar is None:
            return int(library.llama_sampler_sample(self._chain, context, row))
        if self._awaited:
            token = int(library.llama_sampler_sample(self._chain, context, row))
            self._look_for_start(token)
            return token
        token = self._choose(context, row, grammar_first=False)
        if not self._allowed(token):
            token = self._choose(context, row, grammar_first=True)
        library.llama_sampler_accept(self._grammar, token)
        library.llama_sampler_accept(self._chain, token)
        return token

    def _look_for_start(self, token: int) -> None:
        """Wake the grammar once the awaited text is there; only then it is fed, with the tokens of that text."""
        self._tail.append(token)
        pieces = [self._vocabulary.piece(token) for token in self._tail]
        if self._awaited in b"".join(pieces):
            for token in self._tail:
                library.llama_sampler_accept(self._grammar, token)
            self._awaited = b""
            return
        while self._tail and sum(len(piece) for piece in pieces[1:]) >= len(self._awaited):
            del self._tail[0], pieces[0]

    def close(self) -> None:
        """Free the samplers."""
        for sampler in (self._chain, self._grammar):
            if sampler:
                library.llama_sampler_free(sampler)
        self._chain = self._grammar = None

    def _allowed(self, token: int) -> bool:
        one = (library.llama_token_data * 1)(library.llama_token_data(token, 1.0, 0.0))
        array = library.llama_token_data_array(one, 1, -1, False)
        library.llama_sampler_apply(self._grammar, ctypes.byref(array))
        return one[0].logit > _IMPOSSIBLE

    def _choose(self, context: Pointer, row: int, grammar_first: bool) -> int:
        size = self._vocabulary.size
        if self._candidates is None:
            self._candidates = (library.llama_token_data * size)()
        _fill(self._candidates, library.llama_get_logits_ith(context, row), size)
        array = library.llama_token_data_array(self._candidates, size, -1, False)
        if grammar_first:
            library.llama_sampler_apply(self._grammar, ctypes.byref(array))
        library.llama_sampler_apply(self._chain, ctypes.byref(array))
        return int(array.data[array.selected].id)


def _fill(candidates: ctypes.Array[Any], logits: Pointer, size: int) -> None:
    import numpy

    row = numpy.dtype([("id", "i4"), ("logit", "f4"), ("p", "f4")])
    view = numpy.ndarray(shape=(size,), dtype=row, buffer=candidates)  # type: ignore[arg-type]  # ctypes arrays are buffers
    view["id"] = numpy.arange(size, dtype="i4")
    view["logit"] = numpy.ctypeslib.as_array(logits, shape=(size,))
    view["p"] = 0.0


def _chain(vocabulary: Vocabulary, settings: Sampling) -> Pointer:
    params = library.llama_sampler_chain_default_params()
    params.no_perf = True
    chain = library.llama_sampler_chain_init(params)

    def add(sampler: Pointer) -> None:
        library.llama_sampler_chain_add(chain, sampler)

    if settings.repeat_penalty != 1.0 and settings.repeat_penalty > 0:
        add(library.llama_sampler_init_penalties(vocabulary.size, _PENALTY_WINDOW, settings.repeat_penalty, 0.0, 0.0))
    if settings.dry_multiplier > 0:
        breakers = (ctypes.c_char_p * len(_DRY_BREAKERS))(*_DRY_BREAKERS)
        add(
            library.llama_sampler_init_dry(
                vocabulary.pointer,
                settings.dry_multiplier,
                _DRY_BASE,
                _DRY_ALLOWED,
                _DRY_WINDOW,
                breakers,
                len(breakers),
            )
        )
    if settings.temperature <= 0:
        add(library.llama_sampler_init_greedy())
        return chain
    # top-k comes first: on the whole vocabulary the others sort it, which takes ten times as long.
    if settings.top_k > 0:
        add(library.llama_sampler_init_top_k(settings.top_k))
    if settings.top_p < 1.0:
        add(library.llama_sampler_init_top_p(settings.top_p, 1))
    if settings.min_p > 0.0:
        add(library.llama_sampler_init_min_p(settings.min_p, 1))
    add(library.llama_sampler_init_temp(settings.temperature))
    add(library.llama_sampler_init_dist(_seed(settings.seed)))
    return chain


def _seed(seed: int | None) -> int:
    if seed is None:
        return int.from_bytes(os.urandom(4), "little")
    # The value that llama.cpp takes for "choose one" must stay repeatable like any other.
    return seed % library.LLAMA_DEFAULT_SEED


def _grammar(vocabulary: Vocabulary, settings: Sampling) -> Pointer:
    text = settings.grammar or ""
    sampler: Pointer = None
    # An empty text would mean "no grammar" to llama.cpp.
    if text.strip() and "\0" not in text + settings.grammar_after:
        if settings.grammar_after:
            # llama.cpp wakes a sleeping grammar with the awaited text itself, so that becomes part of the grammar.
            awaited = settings.grammar_after
            whole = f"{text}\nawaited-first ::= {json.dumps(awaited, ensure_ascii=False)} root\n"
            pattern = "(" + re.sub(r"([.^$|()*+?\[\]{}\\/])", r"\\\1", awaited) + r"[\s\S]*)"
            patterns = (ctypes.c_char_p * 1)(pattern.encode())
            sampler = library.llama_sampler_init_grammar_lazy_patterns(
                vocabulary.pointer, whole.encode(), b"awaited-first", patterns, 1, None, 0
            )
        else:
            sampler = library.llama_sampler_init_grammar(vocabulary.pointer, text.encode(), b"root")
    if not sampler:
        raise EngineError("the grammar cannot be read", "it is not GBNF, or has no rule named root")
    return sampler
