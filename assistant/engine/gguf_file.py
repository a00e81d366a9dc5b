"""The one reader of GGUF files: metadata, and where each tensor lies, without trust and without reading a tensor.

Every count and length of a header is checked against the bytes that are there before anything is allocated, so a file
of 49 bytes that claims 2^63 elements is refused at once. What a model must have, and what is said to a person, is for
those who call. Only the standard library is used, the light part of it: a child process of `assistant.models` starts
with this file for every folder that is listed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from struct import Struct, unpack
from typing import BinaryIO, NamedTuple

_List = list[int | float | bool | str]
Value = int | float | bool | str | _List

HEADER_LIMIT = 64 << 20
"""Bytes of the largest header that is read; the largest vocabularies take a quarter of that."""
KEPT_ELEMENTS = 4096
_FIRST_READ = 1 << 20
_MOST_KEYS, _MOST_TENSORS, _MOST_DIMENSIONS = 1 << 16, 1 << 17, 4
_LONGEST_TEXT = 16 << 20

_STRING, _ARRAY = 8, 9
_CODES = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_SCALARS = {kind: Struct("<" + code) for kind, code in _CODES.items()}
_UINT32, _UINT64 = _SCALARS[4], _SCALARS[10]

TENSOR_TYPES = {
    **{0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22)},
    **{7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 9: ("Q8_1", 32, 36), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110)},
    **{12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 15: ("Q8_K", 256, 292)},
    **{16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50)},
    **{20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82), 23: ("IQ4_XS", 256, 136)},
    **{24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4), 27: ("I64", 1, 8), 28: ("F64", 1, 8)},
    **{29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2), 34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66)},
    **{39: ("MXFP4", 32, 17), 40: ("NVFP4", 64, 36), 41: ("Q1_0", 128, 18), 42: ("Q2_0", 64, 18)},
}
"""ggml's tensor types by number: name, elements of a block, bytes of a block."""


class Unreadable(Exception):
    """Why a file is no GGUF that can be read, in a clause about it ("it ends at byte 20 of 1,024")."""


class Tensor(NamedTuple):
    """One tensor: `dimensions` as the file has them (the columns first), `kind` ggml's number of its type."""

    name: str
    dimensions: tuple[int, ...]
    kind: int
    offset: int
    """Where its data begins, from the start of the file."""
    elements: int
    bytes: int
    """0 for a type that is not in `TENSOR_TYPES`."""


class GgufFile(NamedTuple):
    """What the header of a file holds. (Named tuples, as importing dataclasses takes the child longer than a file.)"""

    bytes: int
    metadata: dict[str, Value]
    """Every value but the arrays that are longer than was asked for."""
    lengths: dict[str, int]
    """How many elements each array has, also those that are not kept."""
    seen: frozenset[str]
    """The keys of the arrays in which a watched text is."""
    tensors: tuple[Tensor, ...]
    tensors_at: int
    """Where the metadata ends and the list of tensors begins."""
    data_at: int
    """Where the data of the tensors begins."""


def read_file(
    path: str | os.PathLike[str], kept: int = KEPT_ELEMENTS, watched: Mapping[str, frozenset[bytes]] | None = None
) -> GgufFile:
    """Read the header of the file at `path` and check that all that it promises is there.

    Args:
        path: an ordinary file; a pipe or a device is refused before it is opened.
        kept: arrays of more elements than this are passed over and only counted.
        watched: texts to look out for in the array under a key, kept or not.

    Raises:
        Unreadable: it is no GGUF, or not a whole one.
        OSError: it cannot be opened or read.
    """
    status = os.stat(path)  # noqa: PTH116 - pathlib would double the child's start-up time
    if stat.S_ISDIR(status.st_mode):
        raise Unreadable("it is a folder")
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable("it is no ordinary file")
    if status.st_size == 0:
        raise Unreadable("it is empty")
    with open(path, "rb") as stream:  # noqa: PTH123 - as above
        return read_stream(stream, status.st_size, kept, watched)


def read_stream(
    stream: BinaryIO, size: int, kept: int = KEPT_ELEMENTS, watched: Mapping[str, frozenset[bytes]] | None = None
) -> GgufFile:
    """As `read_file`, of a file of `size` bytes that is open at its beginning."""
    source = _Head(stream, size)
    if not source.begins(b"GGUF"):
        lfs = source.begins(b"version https://git-lfs")
        raise Unreadable("it is a pointer to a file in Git LFS" if lfs else "it does not begin as a GGUF file does")
    source.skip(4)
    version = source.number(_UINT32)
    if version not in (2, 3):
        swapped = version & 0xFFFF == 0 and version != 0
        raise Unreadable(
            "it is for big-endian machines" if swapped else f"it is GGUF version {version}; 2 and 3 are known"
        )
    tensor_count, key_count = source.count(24, "tensors", _MOST_TENSORS), source.count(12, "keys", _MOST_KEYS)
    metadata: dict[str, Value] = {}
    lengths: dict[str, int] = {}
    seen = set()
    for _ in range(key_count):
        key = source.text()
        kind = source.number(_UINT32)
        if kind != _ARRAY:
            metadata[key] = source.text() if kind == _STRING else source.number(_scalar(kind))
            continue
        values, lengths[key], hit = _array(source, kept, (watched or {}).get(key, frozenset()))
        if values is not None:
            metadata[key] = values
        if hit:
            seen.add(key)
    listed = source.at
    tensors, data_at = _tensors(source, tensor_count, metadata.get("general.alignment", 32))
    return GgufFile(size, metadata, lengths, frozenset(seen), tensors, listed, data_at)


def _scalar(kind: int) -> Struct:
    if kind not in _SCALARS:
        raise Unreadable(f"its header holds a value of the unknown type {kind:,}")
    return _SCALARS[kind]


def _array(source: _Head, kept: int, watched: frozenset[bytes]) -> tuple[_List | None, int, bool]:
    """The elements if they are to be kept, how many there are, and whether a watched text is one of them."""
    kind = source.number(_UINT32)
    if kind == _ARRAY:
        raise Unreadable("its header nests lists, which llama.cpp does not read")
    if kind == _STRING:
        count = source.count(8)
        texts, hit = source.texts(count, count <= kept, watched)
        return texts, count, hit
    form = _scalar(kind)
    count = source.count(form.size)
    if count > kept:
        source.skip(count * form.size)
        return None, count, False
    return list(unpack(f"<{count}{form.format[1:]}", source.take(count * form.size))), count, False


def _tensors(source: _Head, count: int, alignment: object) -> tuple[tuple[Tensor, ...], int]:
    """The list of tensors, and where their data begins."""
    if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
        raise Unreadable(f"its alignment is {str(alignment)[:40]}")
    rows = []
    for _ in range(count):
        name = source.text()
        dimensions = source.number(_UINT32)
        if dimensions > _MOST_DIMENSIONS:
            raise Unreadable(f"a tensor claims {dimensions:,} dimensions")
        shape = tuple(source.number(_UINT64) for _ in range(dimensions))
        rows.append((name, shape, source.number(_UINT32), source.number(_UINT64)))
    data_at = -(-source.at // alignment) * alignment
    tensors, end = [], 0
    for name, shape, kind, offset in rows:
        elements = 1
        for length in shape:
            elements *= length
        if elements >= 1 << 63:
            raise Unreadable(f"a tensor claims {elements:,} elements")
        _, block, width = TENSOR_TYPES.get(kind, ("", 1, 0))
        tensors.append(Tensor(name, shape, kind, data_at + offset, elements, -(-elements // block) * width))
        end = max(end, offset + tensors[-1].bytes)
    if end and data_at + end > source.size:
        raise Unreadable(f"it ends at byte {source.size:,} of {data_at + end:,}")
    return tuple(tensors), data_at


class _Head:
    """A cursor over the head of a file, which is read further as it is needed and never past its size or the limit."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._data = b""
        self.size = size
        self.at = 0

    def begins(self, text: bytes) -> bool:
        self._reach(min(len(text), self.size))
        return self._data.startswith(text)

    def take(self, count: int) -> bytes:
        start = self.at
        self.skip(count)
        return self._data[start : self.at]

    def skip(self, count: int) -> None:
        self._reach(self.at + count)
        self.at += count

    def number(self, form: Struct) -> int:
        self._reach(self.at + form.size)
        (value,) = form.unpack_from(self._data, self.at)
        self.at += form.size
        return value

    def text(self) -> str:
        length = self.number(_UINT64)
        if length > _LONGEST_TEXT:
            raise Unreadable(f"its header claims a text of {length:,} bytes")
        return self.take(length).decode("utf-8", "replace")

    def count(self, each: int, what: str = "elements", most: int | None = None) -> int:
        """A number of things that take at least `each` bytes, which must be there."""
        count = self.number(_UINT64)
        left = self.size - self.at
        if count * each > left:
            raise Unreadable(f"its header claims {count:,} {what} and the file has {left:,} bytes left")
        if most is not None and count > most:
            raise Unreadable(f"its header claims {count:,} {what}")
        return count

    def texts(self, count: int, keep: bool, watched: frozenset[bytes]) -> tuple[_List | None, bool]:
        """Pass over `count` texts. (A vocabulary has 300,000, so nothing of ours is called for each of them.)"""
        length, at, data, end_of_data, hit = _UINT64.unpack_from, self.at, self._data, len(self._data), False
        found: _List = []
        for _ in range(count):
            if at + 8 > end_of_data:
                data = self._reach(at + 8)
                end_of_data = len(data)
            end = at + 8 + length(data, at)[0]
            if end > end_of_data:
                data = self._reach(end)
                end_of_data = len(data)
            if watched and data[at + 8 : end] in watched:
                hit = True
            if keep:
                found.append(data[at + 8 : end].decode("utf-8", "replace"))
            at = end
        self.at = at
        return found if keep else None, hit

    def _reach(self, end: int) -> bytes:
        if end <= len(self._data):
            return self._data
        if end > self.size:
            raise Unreadable(f"it ends at byte {self.size:,}, inside its header")
        if end > HEADER_LIMIT:
            raise Unreadable(f"its header claims more than {HEADER_LIMIT:,} bytes")
        wanted = min(max(end, 2 * len(self._data), _FIRST_READ), self.size)
        while len(self._data) < wanted:
            piece = self._stream.read(wanted - len(self._data))
            if not piece:
                raise Unreadable(f"it ends at byte {len(self._data):,} while being read")
            self._data += piece
        return self._data
