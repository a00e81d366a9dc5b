"""Files that are no model, or a broken one, are refused with a sentence before llama.cpp sees them."""

from __future__ import annotations

import os
import shutil
import struct
import time
from pathlib import Path

import pytest

from assistant.engine.api import ModelRefused
from assistant.engine.model_header import read_header


def _text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def _gguf(*pairs: bytes, version: int = 3, tensors: int = 0, keys: int | None = None, rest: bytes = b"") -> bytes:
    count = len(pairs) if keys is None else keys
    return b"GGUF" + struct.pack("<IQQ", version, tensors, count) + b"".join(pairs) + rest


def _string(key: str, value: str) -> bytes:
    return _text(key) + struct.pack("<I", 8) + _text(value)


def _number(key: str, value: int) -> bytes:
    return _text(key) + struct.pack("<II", 4, value)


_LLAMA = (
    _string("general.architecture", "llama"),
    _number("llama.block_count", 1),
    _number("llama.embedding_length", 64),
    _number("llama.context_length", 128),
)
_ENDLESS_ARRAY = _text("a") + struct.pack("<IIQ", 9, 8, 2**63)
_NESTED = _text("a") + struct.pack("<IIQ", 9, 9, 1)
_TENSOR = _text("blk.0.x") + struct.pack("<IQQIQ", 2, 64, 2**40, 0, 0)

HOSTILE = {
    "empty": (b"", "it is empty"),
    "garbage": (bytes(range(256)) * 40, "does not begin as a GGUF file"),
    "text": (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "Git LFS"),
    "only the magic": (b"GGUF", "ends at byte 4, inside its header"),
    "version 1": (_gguf(version=1), "version 1"),
    "version 9000": (_gguf(version=9000), "version 9000"),
    "big-endian": (_gguf(version=3 << 24), "big-endian"),
    "2^63 keys": (_gguf(keys=2**63), "claims"),
    "2^62 tensors": (_gguf(tensors=2**62), "claims"),
    "array of 2^63 texts": (_gguf(_ENDLESS_ARRAY), "elements and the file has"),
    "array of arrays": (_gguf(_NESTED), "nests lists"),
    "text of 2^60 characters": (_gguf(struct.pack("<Q", 2**60)), "claims"),
    "no architecture": (_gguf(), "what architecture"),
    "no layers": (_gguf(_LLAMA[0], _number("llama.block_count", 0), *_LLAMA[2:]), "no block count"),
    "tensor past the end": (_gguf(*_LLAMA, tensors=1, rest=_TENSOR), "of 281,474,976,"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    data, why = HOSTILE[name]
    path = tmp_path / "model.gguf"
    path.write_bytes(data)
    started = time.monotonic()
    with pytest.raises(ModelRefused, match=r"cannot load .*model\.gguf") as refused:
        read_header(path)
    assert why in refused.value.why
    assert time.monotonic() - started < 1


def test_folder_missing_file_and_pipe_are_named_as_such(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, why in (("", "is a folder"), ("none", "no such file"), ("pipe", "no ordinary file")):
        with pytest.raises(ModelRefused, match=why):
            read_header(tmp_path / name)


def test_file_cut_off_anywhere_is_refused(starter_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.gguf"
    shutil.copyfile(starter_model, path)
    size = path.stat().st_size
    for index in range(100, 0, -1):
        os.truncate(path, size * index // 100 - 1)
        with pytest.raises(ModelRefused) as refused:
            read_header(path)
        assert refused.value.why


def test_header_of_a_real_model(starter_model: Path) -> None:
    header = read_header(starter_model)
    assert (header.architecture, header.number("block_count"), len(header.layer_bytes)) == ("llama", 30, 30)
    assert header.kv_bytes_per_token() == 2 * 30 * 3 * 128
    assert 0 < header.bytes - sum(header.layer_bytes) - header.other_bytes < 3_000_000, "the rest is the vocabulary"
    assert not header.numbered_places
