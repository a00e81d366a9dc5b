"""What is in a GGUF file: its metadata and where its tensors lie, read with limits.

A file from a stranger may claim any count and any length. Nothing here allocates what a file merely claims, and the
gguf package's reader, which does, is not used. Values of tensors are not read; whether they are sound is llama.cpp's
own check.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO

from quantize.errors import QuantizeError

Value = int | float | bool | str | list["Value"]

_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
_NEWER = {42: (64, 18)}
"""Types (Q2_0) that llama.cpp has and the gguf package has not: values and bytes of a block."""
_MOST_KEYS, _MOST_TENSORS, _MOST_ITEMS, _LONGEST = 65_536, 1_000_000, 4_000_000, 16 << 20


@dataclass(frozen=True)
class TensorPlace:
    """One tensor: `shape` rows first, `kind` llama.cpp's number of its type, `offset` from the start of the file."""

    name: str
    shape: tuple[int, ...]
    kind: int
    offset: int
    bytes: int


@dataclass(frozen=True)
class Outline:
    """A GGUF file without its weights."""

    path: Path
    values: dict[str, Value]
    tensors: dict[str, TensorPlace]
    data_offset: int
    tensors_offset: int
    """Where the metadata ends and the list of tensors begins."""

    @property
    def architecture(self) -> str:
        """llama.cpp's name of the architecture."""
        return str(self.values.get("general.architecture", ""))

    @property
    def parameters(self) -> int:
        """Number of values in all tensors."""
        return sum(prod(t.shape) for t in self.tensors.values())

    @property
    def bits_per_weight(self) -> float:
        """Average size of a value of the tensors."""
        return 8 * sum(t.bytes for t in self.tensors.values()) / max(self.parameters, 1)


def read_outline(path: Path) -> Outline:
    """Read the head of a GGUF file and check that all that it promises is there.

    Raises:
        QuantizeError: the file is missing, is no GGUF file, is damaged or truncated.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            return _outline(path, stream, size)
    except FileNotFoundError as error:
        raise QuantizeError(f"cannot open {path}", "there is no such file") from error
    except (struct.error, UnicodeDecodeError, ValueError, KeyError, EOFError) as error:
        raise QuantizeError(f"cannot read {path}", "it is damaged or truncated", "download or make it again") from error
    except OSError as error:
        raise QuantizeError(f"cannot read {path}", (error.strerror or "").lower()) from error


def _outline(path: Path, stream: BinaryIO, size: int) -> Outline:
    from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

    if stream.read(4) != b"GGUF":
        raise QuantizeError(f"cannot read {path}", "it is no GGUF file")
    version, tensor_count, key_count = struct.unpack("<IQQ", stream.read(20))
    if version not in (2, 3):
        raise QuantizeError(f"cannot read {path}", f"its format version {version} is not known; known: 2 and 3")
    if key_count > _MOST_KEYS or tensor_count > _MOST_TENSORS:
        raise ValueError("counts beyond sense")
    values: dict[str, Value] = {}
    for _ in range(key_count):
        name = _text(stream)
        values[name] = _value(stream, _number(stream, "<I"))
    listed = stream.tell()
    rows = []
    for _ in range(tensor_count):
        name, dims = _text(stream), _number(stream, "<I")
        if dims > 4:
            raise ValueError("too many dimensions")
        shape = tuple(_number(stream, "<Q") for _ in range(dims))[::-1]
        rows.append((name, shape, _number(stream, "<I"), _number(stream, "<Q")))
    alignment = values.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment <= 0:
        raise ValueError("alignment")
    start = -(-stream.tell() // alignment) * alignment
    tensors = {}
    for name, shape, kind, offset in rows:
        block, width = _NEWER.get(kind) or GGML_QUANT_SIZES[GGMLQuantizationType(kind)]
        tensors[name] = TensorPlace(name, shape, kind, start + offset, prod(shape) // block * width)
    end = max((t.offset + t.bytes for t in tensors.values()), default=0)
    if end > size:
        why = f"it ends at byte {size:,} of {end:,}"
        raise QuantizeError(f"cannot read {path}", why, "download or make it again")
    return Outline(path, values, tensors, start, listed)


def _value(stream: BinaryIO, kind: int, depth: int = 0) -> Value:
    if kind == _STRING:
        return _text(stream)
    if kind != _ARRAY:
        return _number(stream, _SCALARS[kind])
    inner, count = _number(stream, "<I"), _number(stream, "<Q")
    if count > _MOST_ITEMS or depth > 2:
        raise ValueError("array beyond sense")
    if inner in _SCALARS:
        code = _SCALARS[inner]
        data = _exactly(stream, count * struct.calcsize(code))
        return list(struct.unpack(f"<{count}{code[1]}", data))
    return [_value(stream, inner, depth + 1) for _ in range(count)]


def _text(stream: BinaryIO) -> str:
    length = _number(stream, "<Q")
    if length > _LONGEST:
        raise ValueError("text beyond sense")
    return _exactly(stream, length).decode("utf-8", "replace")


def _number(stream: BinaryIO, code: str) -> int:
    return struct.unpack(code, _exactly(stream, struct.calcsize(code)))[0]


def _exactly(stream: BinaryIO, count: int) -> bytes:
    data = stream.read(count)
    if len(data) != count:
        raise EOFError
    return data
