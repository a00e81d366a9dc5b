"""Reads tensors of a safetensors file in pieces, by offset; nothing is mapped or held.

The header is checked against the file's length first, so a download that broke off is told by the byte at which it
ends. Values are handed out as they are stored (bf16 as its 16 bits): what they become is the business of `convert`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantize.errors import QuantizeError

if TYPE_CHECKING:
    import numpy as np

_HEADER_LIMIT = 100_000_000
"""The format's own limit on its header, in bytes."""

_WIDTHS = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1,
    "F8_E4M3": 1, "F8_E5M2": 1, "U16": 2, "U32": 4, "U64": 8,
}  # fmt: skip

FLOATS = ("F32", "F16", "BF16", "F64")
"""The stored types that can be converted."""


@dataclass(frozen=True)
class StoredTensor:
    """Where one tensor lies: `shape` in rows-first order, `offset` in bytes from the start of `file`."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    file: Path
    offset: int

    @property
    def bytes(self) -> int:
        """Its size on disk."""
        return prod(self.shape) * _WIDTHS[self.dtype]

    @property
    def rows(self) -> int:
        """Length of the first axis (1 for a scalar)."""
        return self.shape[0] if self.shape else 1

    def read(self, start: int = 0, stop: int | None = None) -> np.ndarray[Any, Any]:
        """Rows `start` to `stop` as stored; bf16 comes as uint16 bits.

        Raises:
            QuantizeError: the file ends too early.
        """
        import numpy as np

        kinds = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "BF16": np.uint16}
        stop = self.rows if stop is None else stop
        out = np.empty((stop - start, *self.shape[1:]), kinds[self.dtype])
        row_bytes = self.bytes // max(self.rows, 1)
        with self.file.open("rb", buffering=0) as stream:
            stream.seek(self.offset + start * row_bytes)
            view = memoryview(out.reshape(-1).view(np.uint8).data)
            done = 0
            while done < len(view):
                count = stream.readinto(view[done:])
                if not count:
                    raise QuantizeError(f"cannot read {self.file}", f"it ends inside the tensor {self.name}")
                done += count
        return out


def read_header(path: Path) -> dict[str, StoredTensor]:
    """The tensors of a safetensors file by name.

    Raises:
        QuantizeError: the file is truncated, or is no safetensors file.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        start = stream.read(8)
        length = int.from_bytes(start, "little")
        if len(start) < 8 or length > _HEADER_LIMIT:
            raise _broken(path, "it does not begin with a safetensors header")
        if 8 + length > size:
            raise _broken(path, f"it ends at byte {size:,}, inside its header")
        raw = stream.read(length)
    try:
        header = json.loads(raw)
        header.pop("__metadata__", None)
        tensors = {str(name): _stored(path, 8 + length, str(name), row) for name, row in header.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _broken(path, f"its header is damaged ({type(error).__name__})") from error
    end = max((t.offset + t.bytes for t in tensors.values()), default=8 + length)
    if end > size:
        raise _broken(path, f"it ends at byte {size:,} of {end:,}")
    return tensors


def _stored(path: Path, base: int, name: str, row: dict[str, Any]) -> StoredTensor:
    begin, end = (int(x) for x in row["data_offsets"])
    tensor = StoredTensor(name, str(row["dtype"]), tuple(int(n) for n in row["shape"]), path, base + begin)
    if begin < 0 or any(n < 0 for n in tensor.shape) or tensor.bytes != end - begin:
        raise ValueError("the offsets do not fit the shape")
    return tensor


def _broken(path: Path, why: str) -> QuantizeError:
    return QuantizeError(f"cannot read {path}", why, "download or copy the file again")
