"""Reads GGUF headers in a process of its own, with limits, and prints one JSON line a file.

Started by `gguf_header` as a script (`python -I -S gguf_child.py`), so it imports the standard library only. A header
says how long its strings, lists and tables are; every such count is checked against the bytes that are there before
anything is allocated. It reads no tensor data and judges nothing: limits of time and memory end it, and the parent
says what that means.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import stat
import struct
import sys
from typing import Any

SECONDS_PER_FILE = 5
MEMORY_BYTES = 1 << 30
_HEADER_LIMIT = 64 << 20
_FIRST_READ = 1 << 20
_MAX_DIMENSIONS = 8
_MAX_NESTING = 4

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9

# ggml's tensor types: name, elements in a block, bytes of a block.
TENSOR_TYPES = {
    **{0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22)},
    **{7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 9: ("Q8_1", 32, 40), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110)},
    **{12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 15: ("Q8_K", 256, 292)},
    **{16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50)},
    **{20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82), 23: ("IQ4_XS", 256, 136)},
    **{24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4), 27: ("I64", 1, 8), 28: ("F64", 1, 8)},
    **{29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2), 34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66)},
    **{39: ("MXFP4", 32, 17), 40: ("NVFP4", 64, 36), 41: ("Q1_0", 128, 18)},
}

# The texts of the token that opens the prefix in fill-in-the-middle, by family.
_FIM_PREFIX = {b"<fim_prefix>", b"<fim-prefix>", b"<|fim_prefix|>", b"<|code_prefix|>", b"<PRE>"} | {
    text.encode() for text in ("<｜fim▁begin｜>", "▁<PRE>", "Ġ<PRE>")
}


class Unreadable(Exception):
    """Why a file is no GGUF that can be read."""


class _Bytes:
    """The head of a file, read further as it is needed; every request is checked against the file's size."""

    def __init__(self, handle: Any, size: int) -> None:
        self._handle = handle
        self._data = b""
        self.size = size
        self.at = 0

    def take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self._data):
            self._grow(end)
        piece = self._data[self.at : end]
        self.at = end
        return piece

    def strings(self, count: int, wanted: set[bytes]) -> bool:
        """Pass over `count` strings; whether one of them is wanted. (A vocabulary has 300,000, so no calls inside.)"""
        self.fits(count, 8)
        length, at, data, seen = struct.Struct("<Q").unpack_from, self.at, self._data, False
        for _ in range(count):
            if at + 8 > len(data):
                self._grow(at + 8)
                data = self._data
            end = at + 8 + length(data, at)[0]
            if end > len(data):
                self._grow(end)
                data = self._data
            if wanted and data[at + 8 : end] in wanted:
                seen = True
            at = end
        self.at = at
        return seen

    def _grow(self, end: int) -> None:
        if end > self.size:
            raise Unreadable(f"its header needs {end:,} bytes and the file ends at {self.size:,}")
        if end > _HEADER_LIMIT:
            raise Unreadable(f"its header claims more than {_HEADER_LIMIT:,} bytes")
        wanted = min(max(end, 2 * len(self._data), _FIRST_READ), self.size)
        while len(self._data) < wanted:
            piece = self._handle.read(wanted - len(self._data))
            if not piece:
                raise Unreadable(f"it ends at byte {len(self._data):,} while being read")
            self._data += piece

    def number(self, code: str) -> Any:
        return struct.unpack("<" + code, self.take(struct.calcsize("<" + code)))[0]

    def text(self) -> bytes:
        return self.take(self.number("Q"))

    def fits(self, count: int, each: int) -> None:
        if count * each > self.size - self.at:
            raise Unreadable(
                f"its header claims {count:,} elements and the file has {self.size - self.at:,} bytes left"
            )


def _value(source: _Bytes, kind: int, key: str, notes: dict[str, Any], depth: int = 0) -> Any:
    """The value of one key; lists are walked, not kept."""
    if kind in _SCALARS:
        return source.number(_SCALARS[kind])
    if kind == _STRING:
        return source.text()
    if kind != _ARRAY:
        raise Unreadable(f"its header holds a value of the unknown type {kind}")
    if depth >= _MAX_NESTING:
        raise Unreadable("its header nests lists too deeply")
    element, count = source.number("I"), source.number("Q")
    if element in _SCALARS:
        size = struct.calcsize("<" + _SCALARS[element])
        source.fits(count, size)
        source.take(count * size)
    elif element == _STRING:
        tokens = key == "tokenizer.ggml.tokens"
        seen = source.strings(count, _FIM_PREFIX if tokens else set())
        if tokens:
            notes["fim"], notes["vocabulary"] = seen, count
    else:
        source.fits(count, 12)
        for _ in range(count):
            _value(source, element, key, notes, depth + 1)
    return None


def _tensors(source: _Bytes, count: int) -> tuple[int, dict[int, int], int]:
    """Elements in all, elements by type, and how many bytes of data the tensors end at."""
    source.fits(count, 24)
    total, by_type, end = 0, dict[int, int](), 0
    for _ in range(count):
        source.text()
        dimensions = source.number("I")
        if dimensions > _MAX_DIMENSIONS:
            raise Unreadable(f"a tensor claims {dimensions:,} dimensions")
        elements = 1
        for _ in range(dimensions):
            elements *= source.number("Q")
        kind, offset = source.number("I"), source.number("Q")
        if elements >= 1 << 63:
            raise Unreadable(f"a tensor claims {elements:,} elements")
        total += elements
        by_type[kind] = by_type.get(kind, 0) + elements
        _, block, size = TENSOR_TYPES.get(kind, ("", 1, 0))
        end = max(end, offset + elements * size // block)
    return total, by_type, end


def read(path: str) -> dict[str, Any]:
    """What the header of the GGUF at `path` says.

    Raises:
        Unreadable: it is no GGUF, or not a whole one.
        OSError: the file cannot be read.
    """
    status = os.stat(path)  # noqa: PTH116 - the child takes plain paths, and pathlib would double its start-up time
    if stat.S_ISDIR(status.st_mode):
        raise Unreadable("it is a folder")
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable("it is no ordinary file")
    if status.st_size == 0:
        raise Unreadable("it is empty")
    with open(path, "rb", buffering=0) as handle:  # noqa: PTH123 - as above
        return _read(_Bytes(handle, status.st_size))


def _read(source: _Bytes) -> dict[str, Any]:
    if source.size < 24 or source.take(4) != b"GGUF":
        raise Unreadable("it does not begin as a GGUF file does")
    version = source.number("I")
    if version not in (2, 3):
        swapped = version & 0xFFFF == 0 and version != 0
        raise Unreadable("it is a big-endian GGUF" if swapped else f"it is GGUF version {version:,}; 2 and 3 are known")
    tensor_count, key_count = source.number("Q"), source.number("Q")
    source.fits(key_count, 12)
    notes: dict[str, Any] = {"fim": False, "vocabulary": 0}
    fields: dict[str, Any] = {}
    for _ in range(key_count):
        key = source.text().decode("utf-8", "replace")
        value = _value(source, source.number("I"), key, notes)
        if value is not None and len(key) <= 256:
            fields[key] = value
    total, by_type, data_end = _tensors(source, tensor_count)
    alignment = fields.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
        raise Unreadable(f"its alignment is {alignment}")
    data_start = -(-source.at // alignment) * alignment
    if data_start + data_end > source.size and data_end:
        raise Unreadable(f"it ends at byte {source.size:,} of {data_start + data_end:,}")
    return _summary(fields, notes, total, by_type, source.size)


def _summary(
    fields: dict[str, Any], notes: dict[str, Any], total: int, by_type: dict[int, int], size: int
) -> dict[str, Any]:
    def text(key: str, limit: int = 200) -> str:
        value = fields.get(key, b"")
        return value.decode("utf-8", "replace")[:limit] if isinstance(value, bytes) else ""

    def whole(key: str) -> int:
        value = fields.get(key, 0)
        return value if isinstance(value, int) else 0

    architecture = text("general.architecture", 60)
    main = max(by_type, key=lambda kind: by_type[kind]) if by_type else -1
    template = fields.get("tokenizer.chat_template", b"")
    has_template = isinstance(template, bytes) and bool(template)
    fim = notes["fim"] or any(f"tokenizer.ggml.{name}_token_id" in fields for name in ("fim_pre", "prefix"))
    return {
        "name": text("general.name"),
        "architecture": architecture,
        "parameters": total,
        "file_type": whole("general.file_type") if "general.file_type" in fields else -1,
        "main_tensor_type": TENSOR_TYPES[main][0] if main in TENSOR_TYPES else "",
        "context_size": whole(f"{architecture}.context_length"),
        "layers": whole(f"{architecture}.block_count"),
        "width": whole(f"{architecture}.embedding_length"),
        "heads": whole(f"{architecture}.attention.head_count"),
        "kv_heads": whole(f"{architecture}.attention.head_count_kv"),
        "vocabulary_size": notes["vocabulary"],
        "chat_template": has_template,
        "chat_template_sha256": hashlib.sha256(template).hexdigest() if has_template else "",
        "fim": bool(fim),
        "licence": text("general.license") or text("general.license.name"),
        "kind": text("general.type", 60),
        "bytes": size,
    }


def _limit() -> None:
    import resource

    for limit, most in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(limit)
        soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (soft, hard))


def main() -> None:
    """Read a JSON list of paths from stdin; print `{"header": …}` or `{"error": …}` for each, in order."""
    # A system without address-space limits still has the clock below.
    with contextlib.suppress(ImportError, ValueError, OSError):
        _limit()
    for path in json.loads(sys.stdin.buffer.read()):
        # The default action of SIGALRM ends the process, which no parser can swallow.
        signal.setitimer(signal.ITIMER_REAL, SECONDS_PER_FILE)
        try:
            answer: dict[str, Any] = {"header": read(path)}
        except Unreadable as error:
            answer = {"error": str(error)}
        except OSError as error:
            answer = {"error": (error.strerror or "cannot be read").lower()}
        except (MemoryError, OverflowError, RecursionError):
            answer = {"error": "its header asks for more memory than any model's"}
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
