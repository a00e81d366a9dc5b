"""A file too large to edit, open to be read at once: its lines are found through a table of line feeds, and read when seen.

Nothing is kept of it but that table. The file is not mapped: what someone cuts off meanwhile reads as nothing, where a
map would end the app.
"""

from __future__ import annotations

import functools
import os
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import overload

from assistant.errors import AssistantError, cause_of

EDITABLE = 8_000_000
"""Bytes up to which a file is edited, not only read."""
_BLOCK = 1 << 16
_LONGEST = 100_000
"""Bytes of a line that are shown."""


class LargeLines(Sequence[str]):
    """The lines of a file, by number.

    Args:
        size: bytes of the file.
        read: its bytes from one place to another.
    """

    def __init__(self, size: int, read: Callable[[int, int], bytes]) -> None:
        self._bytes = read
        counts = (read(at, at + _BLOCK).count(b"\n") for at in range(0, size, _BLOCK))
        self._before = [0, *accumulate(counts)]
        """Line feeds before each block."""
        self._block = functools.lru_cache(maxsize=64)(self._read)

    def __len__(self) -> int:
        return self._before[-1] + 1

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[line] for line in range(*index.indices(len(self)))]
        line = index + len(self) if index < 0 else index
        if not 0 <= line < len(self):
            raise IndexError(index)
        # Line n begins after the n-th line feed, which lies in the last block before which there are fewer.
        block = 0 if line == 0 else bisect_right(self._before, line - 1) - 1
        first = 0 if block == 0 else self._before[block] + 1
        lines = self._block(block)
        # A file that became shorter has lost its lines here.
        return lines[line - first] if line - first < len(lines) else ""

    def __iter__(self) -> Iterator[str]:
        for line in range(len(self)):
            yield self[line]

    def _read(self, block: int) -> list[str]:
        """The lines that begin in a block."""
        start = block * _BLOCK
        data = self._bytes(start, start + _BLOCK)
        begin = data.find(b"\n") + 1 if block else 0
        last = max(begin, data.rfind(b"\n") + 1)
        lines = data[begin:last].split(b"\n")[:-1]
        tail = self._bytes(start + last, start + last + _LONGEST + 1).partition(b"\n")[0]
        lines.append(tail if len(tail) <= _LONGEST else tail[:_LONGEST] + b" ...")
        return [line.decode("utf-8", "surrogateescape") for line in lines]


class LargeFile:
    """A file that is only read.

    Raises:
        AssistantError: it cannot be read, or is binary.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        try:
            self._file = self.path.open("rb")
            size = os.fstat(self._file.fileno()).st_size
            self.lines = LargeLines(size, self._read)
        except OSError as error:
            raise AssistantError(f"cannot read {path}", cause_of(error)) from error
        if b"\0" in self._read(0, _BLOCK):
            raise AssistantError(f"cannot show {path}", "it is a binary file")

    def _read(self, start: int, end: int) -> bytes:
        try:
            return os.pread(self._file.fileno(), end - start, start)
        except OSError:
            return b""
