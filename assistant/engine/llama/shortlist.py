"""The few tokens that a top-k can choose from, picked out of a row of logits before llama.cpp's samplers see it.

Handing them all 50,000 tokens takes twice as long as finding these. It draws no token itself, and what is drawn stays
the same: at least k tokens are handed over, none of them smaller than one that is left out.
"""

from __future__ import annotations

import ctypes
from typing import Any

from assistant.engine.llama.bindings import Pointer, library

LARGEST_K = 128
_ROOM = 4096
_STRIDES = 64


class Shortlist:
    """Finds the `k` largest logits of a row, and some more; needs numpy, so make one when that is loaded."""

    def __init__(self, k: int) -> None:
        import numpy

        self._numpy, self._k = numpy, k
        self._data = (library.llama_token_data * _ROOM)()
        kind = numpy.dtype([("id", "i4"), ("logit", "f4"), ("p", "f4")])
        view = numpy.ndarray(shape=(_ROOM,), dtype=kind, buffer=self._data)
        self._ids, self._logits = view["id"], view["logit"]
        self._array = library.llama_token_data_array(self._data, 0, -1, False)

    def sample(self, chain: Pointer, logits: Any) -> int:
        """The token that `chain` draws from this row; -1 where too many are equally likely to be told apart here."""
        numpy = self._numpy
        columns = len(logits) // _STRIDES
        rows = logits[: columns * _STRIDES].reshape(_STRIDES, columns)
        # The largest of each column: k of them are at least as large as the k-th of all.
        largest = rows.max(axis=0)
        bar = numpy.partition(largest, -self._k)[-self._k]
        likely = numpy.flatnonzero(largest >= bar)
        row, column = numpy.nonzero(rows[:, likely] >= bar)
        ids = row * columns + likely[column]
        if columns * _STRIDES < len(logits):
            rest = numpy.flatnonzero(logits[columns * _STRIDES :] >= bar) + columns * _STRIDES
            ids = numpy.concatenate((ids, rest))
        count = len(ids)
        if not 0 < count <= _ROOM:
            return -1
        self._ids[:count], self._logits[:count] = ids, logits[ids]
        array = self._array
        array.data, array.size, array.selected, array.sorted = self._data, count, -1, False
        library.llama_sampler_apply(chain, ctypes.byref(array))
        return int(array.data[array.selected].id)


def helps(top_k: int, vocabulary_size: int) -> bool:
    """Whether a list for `top_k` is short against a vocabulary of this size."""
    return 0 < top_k <= LARGEST_K and vocabulary_size >= 2 * top_k * _STRIDES
