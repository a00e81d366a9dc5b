"""How the app stops the batch that its worker computes: by a byte in memory that both processes share.

A frame is read by a thread of the worker, which may wait for a core for 4 ms while all of them compute. llama.cpp
looks at the byte itself before each node of its graph, so nobody need be woken for it. The frame that is the reason
follows through the pipe as any other does.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
from collections.abc import Iterator

from assistant.engine.protocol import Frame
from assistant.ground.files import nameless_file

_BYTES = mmap.PAGESIZE
# The byte between them stays zero: the first one is read as a text.
_RAISED, _MAKES_WAY = 0, 2
_OWNER_WORD = 1


class StopFlag:
    """Raised by the app with the frames that stop a batch, and lowered by the worker when it has taken the frame.

    Args:
        descriptor: of memory from `new_memory`; it may be closed after this.
    """

    def __init__(self, descriptor: int) -> None:
        self._memory = mmap.mmap(descriptor, _BYTES)
        self._words = memoryview(self._memory).cast("Q")

    def announce(self, frame: Frame) -> None:
        """Stop the batch that runs, if `frame` is one that stops it: its owner's cancel, or any where the work makes way.

        Who is cancelled beside the owner, or waits, does not cost the owner a batch: at each key a completion is
        cancelled, and a long prompt would never be read while somebody types.
        """
        if self.makes_way or (frame["do"] == "cancel" and frame["id"] == self.owner):
            self._memory[_RAISED] = 1

    @property
    def raised(self) -> bool:
        """Whether the batch that runs, or the next one, is stopped."""
        return bool(self._memory[_RAISED])

    def lower(self) -> None:
        """Let batches run."""
        self._memory[_RAISED] = 0

    @property
    def makes_way(self) -> bool:
        """Whether any frame stops the batch that runs."""
        return bool(self._memory[_MAKES_WAY])

    @makes_way.setter
    def makes_way(self, value: bool) -> None:
        self._memory[_MAKES_WAY] = value

    @property
    def owner(self) -> int:
        """The id of the request for which the batch is computed, mainly; of the last batch where none runs."""
        return int(self._words[_OWNER_WORD])

    @owner.setter
    def owner(self, value: int) -> None:
        self._words[_OWNER_WORD] = value

    def as_text(self) -> ctypes.Array[ctypes.c_char]:
        """The flag as a C string that is empty until it is raised; it keeps the memory."""
        return (ctypes.c_char * 2).from_buffer(self._memory, _RAISED)


@contextlib.contextmanager
def new_memory() -> Iterator[int]:
    """A descriptor of memory for a lowered flag, until the end of the block.

    Raises:
        OSError: the system gives none.
    """
    with nameless_file() as file:
        # Written, not only made longer: a full disk is told here, and not by a signal at the first touch.
        file.write(bytes(_BYTES))
        file.flush()
        yield file.fileno()
