"""Which tokens of each conversation are in llama.cpp's KV cache, and one batch of tokens that go there next.

The longest common prefix with what is there is never computed again. This knows nothing of texts or replies.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

from assistant.engine.llama.bindings import Pointer, library

_STRIDE = 256


class KvCache:
    """The tokens in the cache, for each sequence (conversation) of a context."""

    def __init__(self, context: Pointer, sequences: int) -> None:
        self._memory = library.llama_get_memory(context)
        self.tokens: list[list[int]] = [[] for _ in range(sequences)]

    def keep_prefix(self, sequence: int, prompt: Sequence[int]) -> int:
        """Drop what does not begin `prompt`; returns how many of its tokens need not be computed.

        The last token of `prompt` is never among them, because its logits are wanted.
        """
        held = self.tokens[sequence]
        same = min(common_prefix(held, prompt), len(prompt) - 1)
        return self.cut(sequence, same)

    def cut(self, sequence: int, length: int) -> int:
        """Keep the first `length` tokens; returns how many are left (none where the model cannot forget a part)."""
        held = self.tokens[sequence]
        if not library.llama_memory_seq_rm(self._memory, sequence, length, -1):
            library.llama_memory_seq_rm(self._memory, sequence, -1, -1)
            length = 0
        del held[length:]
        return len(held)

    def copy(self, source: int, target: int, length: int) -> None:
        """Let `target` hold the first `length` tokens of `source` and nothing else."""
        library.llama_memory_seq_rm(self._memory, target, -1, -1)
        library.llama_memory_seq_cp(self._memory, source, target, -1, -1)
        self.tokens[target] = list(self.tokens[source])
        self.cut(target, length)

    def clear(self) -> None:
        """Forget everything."""
        library.llama_memory_clear(self._memory, False)
        for held in self.tokens:
            held.clear()

    def used(self) -> int:
        """Tokens held, over all sequences."""
        return sum(len(held) for held in self.tokens)


def common_prefix(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens both begin with."""
    most = min(len(one), len(other))
    start = 0
    while start < most and one[start : start + _STRIDE] == other[start : start + _STRIDE]:
        start += _STRIDE
    if start >= most:
        return most
    return next((i for i in range(start, most) if one[i] != other[i]), most)


class Batch:
    """The tokens of one decode, in arrays that are made once."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._token = (ctypes.c_int32 * size)()
        self._position = (ctypes.c_int32 * size)()
        self._sequence = (ctypes.c_int32 * size)()
        self._counts = (ctypes.c_int32 * size)(*[1] * size)
        self._wanted = (ctypes.c_int8 * size)()
        start, width = ctypes.addressof(self._sequence), ctypes.sizeof(ctypes.c_int32)
        row = ctypes.POINTER(ctypes.c_int32)
        self._rows = (row * size)(*(ctypes.cast(start + i * width, row) for i in range(size)))
        self._batch = library.llama_batch(
            0,
            ctypes.cast(self._token, ctypes.POINTER(ctypes.c_int32)),
            None,
            ctypes.cast(self._position, ctypes.POINTER(ctypes.c_int32)),
            ctypes.cast(self._counts, ctypes.POINTER(ctypes.c_int32)),
            ctypes.cast(self._rows, ctypes.POINTER(row)),
            ctypes.cast(self._wanted, ctypes.POINTER(ctypes.c_int8)),
        )
        self.used = 0

    def clear(self) -> None:
        """Make it empty."""
        self.used = 0

    def add(self, sequence: int, position: int, tokens: Sequence[int], first_wanted: int) -> int:
        """Append `tokens` of `sequence`; logits come for those from index `first_wanted` on.

        Returns:
            The row of the first wanted one, for sampling.
        """
        start, row = self.used, self.used + first_wanted
        for index, token in enumerate(tokens):
            at = start + index
            self._token[at] = token
            self._position[at] = position + index
            self._sequence[at] = sequence
            self._wanted[at] = index >= first_wanted
        self.used += len(tokens)
        return row

    def decode(self, context: Pointer) -> int:
        """Compute it; llama.cpp's return code (0 done, 1 no room, 2 aborted, below zero an error)."""
        self._batch.n_tokens = self.used
        return int(library.llama_decode(context, self._batch))
