"""A GGUF file as several smaller ones (`NAME-00001-of-00003.gguf` …), which llama.cpp loads by the first of them.

Metadata and tensors are copied as they are; the whole set gets its names at the end, after every part is written.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from assistant.ground.files import require_space, sync
from quantize.errors import QuantizeError
from quantize.writing.gguf_file import Outline, TensorPlace, read_outline

_UINT16, _INT32 = 2, 5
_HEAD = 24
"""Bytes of magic, version and the two counts."""


def split(source: Path, out: Path, most: int) -> list[Path]:
    """Write `source` as files of at most `most` bytes of tensors each, named after `out`; returns them.

    Raises:
        QuantizeError: a single tensor is larger than that, or the file is split already.
    """
    outline = read_outline(source)
    if "split.count" in outline.values:
        raise QuantizeError(f"cannot split {source}", "it is a part of a split file already")
    parts = _parts(outline, most)
    require_space(out.parent, source.stat().st_size)
    names = [out.with_name(f"{out.stem}-{i + 1:05}-of-{len(parts):05}.gguf") for i in range(len(parts))]
    staged = [name.with_name(f".{name.name}.partial") for name in names]
    try:
        for i, (path, places) in enumerate(zip(staged, parts, strict=True)):
            _write(outline, path, places, i, len(parts))
            sync(path)
        for path, name in zip(staged, names, strict=True):
            path.replace(name)
    finally:
        for path in staged:
            path.unlink(missing_ok=True)
    return names


def _parts(outline: Outline, most: int) -> list[list[TensorPlace]]:
    parts: list[list[TensorPlace]] = [[]]
    size = 0
    for place in outline.tensors.values():
        if place.bytes > most:
            why = f"its tensor {place.name} alone has {place.bytes:,} bytes"
            raise QuantizeError(f"cannot split {outline.path} into parts of {most:,} bytes", why)
        if parts[-1] and size + place.bytes > most:
            parts.append([])
            size = 0
        parts[-1].append(place)
        size += place.bytes
    return parts


def _write(outline: Outline, path: Path, places: list[TensorPlace], number: int, count: int) -> None:
    alignment = int(str(outline.values.get("general.alignment", 32)))
    with outline.path.open("rb") as source, path.open("wb") as stream:
        head = source.read(_HEAD)
        keys = int.from_bytes(head[16:], "little") if number == 0 else 0
        stream.write(head[:8] + struct.pack("<QQ", len(places), keys + 3))
        if number == 0:
            stream.write(source.read(outline.tensors_offset - _HEAD))
        _key(stream, "split.no", _UINT16, struct.pack("<H", number))
        _key(stream, "split.count", _UINT16, struct.pack("<H", count))
        _key(stream, "split.tensors.count", _INT32, struct.pack("<i", len(outline.tensors)))
        at = 0
        for place in places:
            _text(stream, place.name)
            stream.write(struct.pack(f"<I{len(place.shape)}Q", len(place.shape), *place.shape[::-1]))
            stream.write(struct.pack("<IQ", place.kind, at))
            at += -(-place.bytes // alignment) * alignment
        _pad(stream, alignment)
        for place in places:
            source.seek(place.offset)
            _copy(source, stream, place.bytes)
            _pad(stream, alignment)


def _copy(source: BinaryIO, stream: BinaryIO, count: int) -> None:
    while count:
        data = source.read(min(count, 8 << 20))
        if not data:
            raise QuantizeError("cannot split the model", "it ends before its last tensor")
        stream.write(data)
        count -= len(data)


def _key(stream: BinaryIO, name: str, kind: int, value: bytes) -> None:
    _text(stream, name)
    stream.write(struct.pack("<I", kind) + value)


def _text(stream: BinaryIO, text: str) -> None:
    data = text.encode()
    stream.write(struct.pack("<Q", len(data)) + data)


def _pad(stream: BinaryIO, alignment: int) -> None:
    stream.write(bytes(-stream.tell() % alignment))
