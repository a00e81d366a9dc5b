"""Reads single texts from the header of a GGUF file, in bounded time and memory, whatever the file claims of itself.

Loading the weights is transformers' business; this is for what has to be known, or refused, before that.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

_LONGEST = 1 << 24
_MOST_FIELDS = 4096
_MOST_ITEMS = 1 << 22
_TEXT, _LIST = 8, 9
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}


def header_text(path: Path, wanted: str) -> str:
    """The text under a key of the header, or "" where there is none.

    Raises:
        ValueError: this is no GGUF file, or it ends in its header, or its header claims what cannot be.
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        try:
            magic, version, _tensors, fields = struct.unpack("<4sIQQ", stream.read(24))
            if magic != b"GGUF" or version not in (2, 3) or fields > _MOST_FIELDS:
                raise ValueError("it does not begin like one")
            for _ in range(fields):
                key = _text(stream)
                (kind,) = struct.unpack("<I", stream.read(4))
                if key == wanted and kind == _TEXT:
                    return _text(stream)
                _skip(stream, kind)
        except struct.error:
            raise ValueError("it ends in its header") from None
    return ""


def _skip(stream: BinaryIO, kind: int) -> None:
    if kind == _TEXT:
        _text(stream)
    elif kind in _SIZES:
        stream.seek(_SIZES[kind], 1)
    elif kind == _LIST:
        inner, count = struct.unpack("<IQ", stream.read(12))
        if count > _MOST_ITEMS or (inner not in _SIZES and inner != _TEXT):
            raise ValueError("a list in its header is too long, or of an unknown kind")
        if inner in _SIZES:
            stream.seek(_SIZES[inner] * count, 1)
        for _ in range(count if inner == _TEXT else 0):
            _text(stream)
    else:
        raise ValueError("its header has a value of an unknown kind")


def _text(stream: BinaryIO) -> str:
    (length,) = struct.unpack("<Q", stream.read(8))
    if length > _LONGEST:
        raise ValueError("a text in its header is too long")
    data = stream.read(length)
    if len(data) < length:
        raise ValueError("it ends in its header")
    return data.decode("utf-8", errors="replace")
