"""Writes small GGUF files byte by byte, whole or wrong in a chosen way."""

from __future__ import annotations

import struct
from pathlib import Path

STRING, ARRAY, UINT32, UINT64 = 8, 9, 4, 10


def text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(data)) + data


def field(key: str, value: object) -> bytes:
    if isinstance(value, (str, bytes)):
        return text(key) + struct.pack("<I", STRING) + text(value)
    if isinstance(value, int):
        return text(key) + struct.pack("<II", UINT32, value)
    assert isinstance(value, list)
    strings = b"".join(text(item) for item in value)
    return text(key) + struct.pack("<IIQ", ARRAY, STRING, len(value)) + strings


def tensor(name: str, shape: tuple[int, ...], kind: int = 0, offset: int = 0) -> bytes:
    return (
        text(name)
        + struct.pack("<I", len(shape))
        + b"".join(struct.pack("<Q", n) for n in shape)
        + struct.pack("<IQ", kind, offset)
    )


def gguf(
    fields: dict[str, object] | None = None,
    *,
    tensors: tuple[bytes, ...] = (tensor("token_embd.weight", (32, 8)),),
    data: bytes = bytes(32 * 8 * 4),
    version: int = 3,
    raw_fields: tuple[bytes, ...] = (),
) -> bytes:
    """A whole file: header, one small tensor, its data."""
    values: dict[str, object] = {"general.architecture": "llama", "general.name": "tiny", "llama.context_length": 64}
    values |= fields or {}
    rows = [field(key, value) for key, value in values.items()] + list(raw_fields)
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(rows)) + b"".join(rows) + b"".join(tensors)
    return head + bytes(-len(head) % 32) + data


def write(path: Path, **how: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gguf(**how))  # type: ignore[arg-type]
    return path
