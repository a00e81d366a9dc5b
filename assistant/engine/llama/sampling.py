"""Chooses the next token: llama.cpp's samplers in C, in one chain per reply, no logits copied into Python.

Where nothing but the best token is wanted, the logits are searched where they lie, which takes a tenth of the time;
where one of the k best is, they are looked out first (see `shortlist`).

A grammar and a list of choices are no part of the chain: the chain chooses first and they check that one token (0.1 ms
and less); only when they say no are all tokens looked at (some 10 ms). Before its trigger neither is asked at all.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from assistant.engine.api import Choice, EngineError, Sampling
from assistant.engine.llama.bindings import Pointer, library
from assistant.engine.llama.choice_lists import Choices
from assistant.engine.llama.shortlist import Shortlist, helps
from assistant.engine.llama.vocabulary import Vocabulary

_PENALTY_WINDOW = 256
_DRY_WINDOW = 1024
_DRY_BASE, _DRY_ALLOWED = 1.75, 2
_DRY_BREAKERS = (b"\n", b":", b'"', b"*")
_IMPOSSIBLE = -1e30


class Sampler:
    """The sampler of one reply; call `close` when the reply is over.

    Raises:
        EngineError: the grammar cannot be read, or there are choices as well.
    """

    def __init__(
        self, vocabulary: Vocabulary, settings: Sampling, prompt: Sequence[int], choices: Sequence[Choice] = ()
    ) -> None:
        if choices and settings.grammar is not None:
            raise EngineError("a reply cannot be held to both a grammar and lists of choices", "one of them must go")
        self.constrained = 0
        """How many tokens a grammar or a list of choices looked at."""
        self._vocabulary, self._settings, self._wanted = vocabulary, settings, tuple(choices)
        window = max(
            _PENALTY_WINDOW if settings.repeat_penalty != 1.0 else 0,
            _DRY_WINDOW if settings.dry_multiplier > 0 else 0,
        )
        self._before = prompt[-window:] if window else ()
        self._candidates: ctypes.Array[Any] | None = None
        self._shortlist: Shortlist | None = None
        self._rewinds = 0
        self._begin()

    def _begin(self) -> None:
        settings = self._settings
        self._grammar = _grammar(self._vocabulary, settings) if settings.grammar is not None else None
        self._awaited, self._tail = settings.grammar_after.encode(), b""
        self._choices = Choices(self._wanted) if self._wanted else None
        seed = settings.seed if settings.seed is None else settings.seed + self._rewinds
        self._chain = _chain(self._vocabulary, settings, seed)
        self._free = self._grammar is None and self._choices is None
        plain = settings.repeat_penalty == 1.0 and settings.dry_multiplier <= 0
        self._only_best = self._free and plain and settings.temperature <= 0
        self._few = self._free and plain and not self._only_best and helps(settings.top_k, self._vocabulary.size)
        for token in self._before:
            library.llama_sampler_accept(self._chain, token)

    def sample(self, context: Pointer, row: int, refused: Iterable[int] = ()) -> int:
        """The token that follows batch row `row` of the last decode; the samplers take note of it."""
        if refused:
            self._refuse(context, row, refused)
        if (self._only_best or self._few) and "numpy" in sys.modules:
            token = self._search(self._logits(context, row))
            if token >= 0:
                return token
        if self._free:
            return int(library.llama_sampler_sample(self._chain, context, row))
        if self._choices is not None:
            token = self._sample_choice(self._choices, context, row)
        elif self._awaited:
            token = self._sample_awaiting(context, row)
        else:
            token = self._sample_grammar(context, row)
        return token

    def _search(self, logits: Any) -> int:
        """The token to say, found without handing all of them to the samplers; -1 if that cannot be."""
        if self._only_best:
            return int(logits.argmax())
        if self._shortlist is None:
            self._shortlist = Shortlist(self._settings.top_k)
        return self._shortlist.sample(self._chain, logits)

    def go_back(self, said: Iterable[int]) -> None:
        """Begin anew behind the tokens `said` of the reply; other numbers are drawn than the first time."""
        self.close()
        self._rewinds += 1
        self._begin()
        for token in said:
            library.llama_sampler_accept(self._chain, token)
            if self._choices is not None:
                self._choices.take(self._vocabulary.piece(token))
            elif self._awaited:
                self._look_for_start(self._vocabulary.piece(token))
            elif self._grammar and self._allowed(token):
                library.llama_sampler_accept(self._grammar, token)

    def _refuse(self, context: Pointer, row: int, refused: Iterable[int]) -> None:
        logits = library.llama_get_logits_ith(context, row)
        for token in refused:
            logits[token] = -float("inf")

    def _sample_grammar(self, context: Pointer, row: int) -> int:
        self.constrained += 1
        token = self._choose(context, row, grammar_first=False)
        if not self._allowed(token):
            token = self._choose(context, row, grammar_first=True)
        if not self._allowed(token):
            # Nothing can follow (no token spells it, or all that do were refused): the reply ends.
            return self._vocabulary.any_end
        library.llama_sampler_accept(self._grammar, token)
        library.llama_sampler_accept(self._chain, token)
        return token

    def _sample_awaiting(self, context: Pointer, row: int) -> int:
        piece = self._vocabulary.piece
        token = int(library.llama_sampler_sample(self._chain, context, row))
        known = self._look_for_start(piece(token))
        if known is not None:
            # The token holds the end of the awaited text and what must not follow it: it is spelled as far as that.
            token = self._sample_among(self._vocabulary.first_of(piece(token)[:known]), context, row)
            self._look_for_start(piece(token))
        return token

    def _sample_choice(self, choices: Choices, context: Pointer, row: int) -> int:
        bound, piece = choices.bound, self._vocabulary.piece
        only = self._vocabulary.first_of(choices.decided) if choices.decided else ()
        if len(only) == 1:
            self.constrained += 1
            library.llama_sampler_accept(self._chain, only[0])
            choices.take(piece(only[0]))
            return only[0]
        token = int(library.llama_sampler_sample(self._chain, context, row))
        # At a free place too: a token may end what comes before a list, and hold the beginning of what must not follow.
        fits = choices.allows(piece(token)) and not (bound and not piece(token))
        if not fits:
            possible = choices.possible(self._vocabulary.first_of, self._vocabulary.longer_than)
            token = self._sample_among(possible, context, row)
        self.constrained += bound or not fits
        choices.take(piece(token))
        return token

    def _sample_among(self, tokens: Sequence[int], context: Pointer, row: int) -> int:
        """Sample one of `tokens`; where there are none (no token of this model spells the text), the reply ends."""
        tokens = tokens or [self._vocabulary.any_end]
        if len(tokens) == 1:
            library.llama_sampler_accept(self._chain, tokens[0])
            return tokens[0]
        logits = self._logits(context, row)
        whole, wanted = logits.copy(), list(tokens)
        logits[:] = -float("inf")
        logits[wanted] = whole[wanted]
        token = int(library.llama_sampler_sample(self._chain, context, row))
        # Another reply may go on from the same row.
        logits[:] = whole
        # All of them may have been refused.
        return token if token in wanted else self._vocabulary.any_end

    def _logits(self, context: Pointer, row: int) -> Any:
        """The logits of this row where llama.cpp has them: an array of float32, one for each token, to be changed too."""
        import numpy

        return numpy.ctypeslib.as_array(library.llama_get_logits_ith(context, row), shape=(self._vocabulary.size,))

    def _look_for_start(self, piece: bytes) -> int | None:
        """Wake the grammar once the awaited text is there, with what `piece` says after it.

        Returns:
            How many bytes of `piece` may be said, where the grammar forbids what comes behind them; else None.
        """
        text, before = self._tail + piece, len(self._tail)
        at = text.find(self._awaited)
        if at < 0:
            self._tail = text[max(0, len(text) - len(self._awaited) + 1) :]
            return None
        end = at + len(self._awaited)
        if self._feed(text[end:]):
            self._awaited = b""
            return None
        return end - before

    def _feed(self, text: bytes) -> bool:
        """Let the grammar go on behind `text`, in whatever tokens; false, and all is as it was, where it forbids that."""
        awake = library.llama_sampler_clone(self._grammar)
        while text:
            first = self._vocabulary.first_of(text)
            if not first or not self._allowed(first[0], awake):
                library.llama_sampler_free(awake)
                return False
            library.llama_sampler_accept(awake, first[0])
            text = text[len(self._vocabulary.piece(first[0])) :]
        library.llama_sampler_free(self._grammar)
        self._grammar = awake
        return True

    def close(self) -> None:
        """Free the samplers."""
        for sampler in (self._chain, self._grammar):
            if sampler:
                library.llama_sampler_free(sampler)
        self._chain = self._grammar = None

    def _allowed(self, token: int, grammar: Pointer = None) -> bool:
        one = (library.llama_token_data * 1)(library.llama_token_data(token, 1.0, 0.0))
        array = library.llama_token_data_array(one, 1, -1, False)
        library.llama_sampler_apply(grammar or self._grammar, ctypes.byref(array))
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
        return int(array.data[max(array.selected, 0)].id)


def make_ready() -> None:
    """Load what makes choosing a token fast; it takes 0.1 s, in a thread of its own beside the loading of a model."""
    import numpy.ctypeslib  # noqa: F401 - loaded for `Sampler.sample`


def _fill(candidates: ctypes.Array[Any], logits: Pointer, size: int) -> None:
    import numpy

    row = numpy.dtype([("id", "i4"), ("logit", "f4"), ("p", "f4")])
    view = numpy.ndarray(shape=(size,), dtype=row, buffer=candidates)  # type: ignore[arg-type]  # ctypes arrays are buffers
    view["id"] = numpy.arange(size, dtype="i4")
    view["logit"] = numpy.ctypeslib.as_array(logits, shape=(size,))
    view["p"] = 0.0


def _chain(vocabulary: Vocabulary, settings: Sampling, seed: int | None) -> Pointer:
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
    add(library.llama_sampler_init_dist(_seed(seed)))
    return chain


def _seed(seed: int | None) -> int:
    if seed is None:
        return int.from_bytes(os.urandom(4), "little")
    # The value that llama.cpp takes for "choose one" must stay repeatable like any other.
    return seed % library.LLAMA_DEFAULT_SEED


def _grammar(vocabulary: Vocabulary, settings: Sampling) -> Pointer:
    text = settings.grammar or ""
    # An empty text would mean "no grammar" to llama.cpp, and a zero ends a text in C.
    readable = text.strip() and "\0" not in text + settings.grammar_after
    sampler = library.llama_sampler_init_grammar(vocabulary.pointer, text.encode(), b"root") if readable else None
    if not sampler:
        raise EngineError("the grammar cannot be read", "it is not GBNF, or has no rule named root")
    return sampler
