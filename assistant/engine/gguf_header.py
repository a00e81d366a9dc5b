"""What a GGUF file says about itself, read without trust and without loading any tensor.

Every count and length is checked against the size of the file before anything is read or kept, so a file of 49 bytes
that claims 2^63 elements is refused at once. llama.cpp never sees a file that does not pass here. Values of big arrays
(the vocabulary) are skipped, not kept.
"""

from __future__ import annotations

import mmap
import re
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.engine.api import ModelRefused
from assistant.ground.files import human_bytes

_VERSIONS = (2, 3)
_ALIGNMENT = 32
_KEPT_ELEMENTS = 4096
_MOST_KEYS, _MOST_TENSORS = 1 << 16, 1 << 17
_MOST_TEXT = 4 << 20
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
_LONG = struct.Struct("<Q")

# Elements and bytes of one block of each ggml tensor type; a type that is not here has an unknown size.
_BLOCKS = {
    **{0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36)},
    **{10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292)},
    **{16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82)},
    **{23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2)},
    **{34: (256, 54), 35: (256, 66), 39: (32, 17)},
}


@dataclass(frozen=True)
class GgufHeader:
    """The metadata of one file. `layer_bytes` holds the weights of each layer, `other_bytes` all other weights."""

    path: Path
    bytes: int
    changed: int
    """When the file was last changed, in nanoseconds."""
    metadata: dict[str, Any] = field(repr=False)
    layer_bytes: tuple[int, ...] = ()
    other_bytes: int = 0

    @property
    def architecture(self) -> str:
        """llama.cpp's name of the architecture."""
        return str(self.metadata.get("general.architecture", ""))

    def number(self, key: str, default: int = 0) -> int:
        """A whole number of this architecture (`block_count`); the largest when the file has one for each layer."""
        value = self.metadata.get(f"{self.architecture}.{key}")
        if isinstance(value, list):
            value = max((v for v in value if isinstance(v, int)), default=None)
        return value if isinstance(value, int) and not isinstance(value, bool) else default

    def kv_bytes_per_token(self) -> int:
        """Bytes of KV cache that one token takes, at 16 bits a value."""
        layers, heads = self.number("block_count"), max(self.number("attention.head_count"), 1)
        width = self.number("embedding_length") // heads
        keys = self.number("attention.key_length", width)
        values = self.number("attention.value_length", width)
        return 2 * layers * self.number("attention.head_count_kv", heads) * (keys + values)


def read_header(path: Path) -> GgufHeader:
    """Read and check the header of `path`.

    Raises:
        ModelRefused: it is no GGUF file, or a damaged one; the sentence says where it ends or what is impossible in it.
    """
    size, changed = _size_and_time(path)
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _Reader(path, data, size, changed).read()
    except (struct.error, OverflowError) as error:
        raise _damaged(path, f"its header ends in the middle, at byte {size:,}") from error
    except OSError as error:
        raise ModelRefused(f"cannot read {path}", (error.strerror or str(error)).lower()) from error


def _size_and_time(path: Path) -> tuple[int, int]:
    hint = "wizard-tui models list"
    if path.is_dir():
        raise ModelRefused(f"cannot load {path}", "it is a folder, not a GGUF file", hint)
    if not path.exists():
        raise ModelRefused(f"cannot load {path}", "there is no such file", hint)
    if not path.is_file():
        raise ModelRefused(f"cannot load {path}", "it is no regular file", hint)
    status = path.stat()
    if status.st_size == 0:
        raise _damaged(path, "it is empty")
    return status.st_size, status.st_mtime_ns


def _damaged(path: Path, why: str) -> ModelRefused:
    return ModelRefused(f"cannot load {path}", why, "download or convert it again")


class _Reader:
    """A cursor over the mapped file that never goes past its end."""

    def __init__(self, path: Path, data: mmap.mmap, size: int, changed: int) -> None:
        self._path, self._data, self._size, self._changed = path, data, size, changed
        self._at = 0

    def read(self) -> GgufHeader:
        magic = self._data[:4]
        if magic != b"GGUF":
            lfs = self._data[:40].startswith(b"version https://git-lfs")
            raise _damaged(self._path, "it is a pointer to a file in Git LFS" if lfs else "it is not a GGUF file")
        self._at = 4
        version = int(self._scalar(4))
        if version not in _VERSIONS:
            swapped = int.from_bytes(version.to_bytes(4, "little"), "big") in _VERSIONS
            why = (
                "it is for big-endian machines" if swapped else f"it is GGUF version {version}, which is not known here"
            )
            raise _damaged(self._path, why)
        tensors, keys = self._count(_MOST_TENSORS, "tensors"), self._count(_MOST_KEYS, "keys")
        metadata: dict[str, Any] = {}
        for _ in range(keys):
            name = self._text()
            metadata[name] = self._value(int(self._scalar(4)))
        self._check(metadata)
        return self._with_tensors(metadata, tensors)

    def _check(self, metadata: dict[str, Any]) -> None:
        if not isinstance(metadata.get("general.architecture"), str):
            raise _damaged(self._path, "it does not say what architecture it is")
        header = GgufHeader(self._path, self._size, self._changed, metadata)
        if header.architecture in ("clip", "mmproj"):
            raise _damaged(self._path, "it is the picture half of a model, not a language model")
        for key in ("block_count", "embedding_length", "context_length"):
            if metadata.get("general.type", "model") == "model" and header.number(key) <= 0:
                raise _damaged(self._path, f"it has no {key.replace('_', ' ')}, so it cannot run")

    def _with_tensors(self, metadata: dict[str, Any], tensors: int) -> GgufHeader:
        layers: dict[int, int] = {}
        other = end = 0
        for _ in range(tensors):
            name = self._text()
            dimensions = [int(self._scalar(10)) for _ in range(self._small(int(self._scalar(4)), 8, "dimensions"))]
            size = self._tensor_bytes(name, dimensions, int(self._scalar(4)))
            end = max(end, int(self._scalar(10)) + size)
            layer = re.match(r"blk\.(\d{1,5})\.", name)
            if layer:
                layers[int(layer[1])] = layers.get(int(layer[1]), 0) + size
            else:
                other += size
        alignment = metadata.get("general.alignment", _ALIGNMENT)
        alignment = alignment if isinstance(alignment, int) and alignment > 0 else _ALIGNMENT
        needed = -(-self._at // alignment) * alignment + end
        if tensors and needed > self._size:
            raise _damaged(
                self._path,
                f"it is cut off: it has {human_bytes(self._size)} and its tensors reach {human_bytes(needed)}",
            )
        by_layer = tuple(layers[index] for index in sorted(layers))
        return GgufHeader(self._path, self._size, self._changed, metadata, by_layer, other)

    def _tensor_bytes(self, name: str, dimensions: list[int], kind: int) -> int:
        elements = 1
        for length in dimensions:
            elements *= length
        if kind not in _BLOCKS:
            return 0
        block, size = _BLOCKS[kind]
        total = -(-elements // block) * size
        if total > self._size:
            raise _damaged(self._path, f"its tensor {name[:40]} claims {human_bytes(total)}, more than the file has")
        return total

    def _value(self, kind: int) -> Any:
        if kind == _STRING:
            return self._text()
        if kind == _ARRAY:
            return self._array()
        return self._scalar(kind)

    def _array(self) -> list[Any] | int:
        """The elements of a small array; of a big one only how many there are."""
        kind, count = int(self._scalar(4)), int(self._scalar(10))
        if kind == _STRING:
            self._room(count * _LONG.size, "array")
            return [self._text() for _ in range(count)] if count <= _KEPT_ELEMENTS else self._skip_texts(count)
        form = self._form(kind)
        width = struct.calcsize(form)
        self._room(count * width, "array")
        start, self._at = self._at, self._at + count * width
        if count > _KEPT_ELEMENTS:
            return count
        return list(struct.unpack_from(f"<{count}{form[1]}", self._data, start))

    def _skip_texts(self, count: int) -> int:
        data, at, size, unpack = self._data, self._at, self._size, _LONG.unpack_from
        for _ in range(count):
            at += 8 + unpack(data, at)[0]
            if at > size:
                raise _damaged(self._path, "a text in it is longer than the file")
        self._at = at
        return count

    def _text(self) -> str:
        length = self._small(int(self._scalar(10)), _MOST_TEXT, "characters in one text")
        self._room(length, "text")
        start, self._at = self._at, self._at + length
        return self._data[start : self._at].decode("utf-8", "replace")

    def _scalar(self, kind: int) -> Any:
        form = self._form(kind)
        (value,) = struct.unpack_from(form, self._data, self._at)
        self._at += struct.calcsize(form)
        return value

    def _form(self, kind: int) -> str:
        if kind not in _SCALARS:
            raise _damaged(self._path, f"there is a value of unknown kind {kind} at byte {self._at:,}")
        return _SCALARS[kind]

    def _count(self, most: int, what: str) -> int:
        return self._small(int(self._scalar(10)), most, what)

    def _small(self, count: int, most: int, what: str) -> int:
        if count > most:
            raise _damaged(self._path, f"it claims {count:,} {what}")
        return count

    def _room(self, count: int, what: str) -> None:
        if self._at + count > self._size:
            raise _damaged(self._path, f"an {what} in it is longer than the file")
