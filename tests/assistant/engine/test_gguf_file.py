"""The one reader of GGUF files agrees with ggml and the gguf package, and refuses all else in a clause, in bounds."""

from __future__ import annotations

import ctypes
import importlib.util
import io
import os
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.engine import gguf_file
from assistant.engine.gguf_file import HEADER_LIMIT, TENSOR_TYPES, GgufFile, Unreadable, read_file, read_stream
from tests.assistant.models.gguf_files import ARRAY, STRING, UINT32, UINT64, field, gguf, tensor, text, write


def _read(data: bytes, **how: object) -> GgufFile:
    return read_stream(io.BytesIO(data), len(data), **how)  # type: ignore[arg-type]


def _numbers(key: str, values: list[int]) -> bytes:
    return text(key) + struct.pack(f"<IIQ{len(values)}I", ARRAY, UINT32, len(values), *values)


def test_block_sizes_and_names_are_those_of_ggml_itself() -> None:
    spec = importlib.util.find_spec("llama_cpp")
    assert spec is not None and spec.submodule_search_locations is not None
    (library, *_) = Path(spec.submodule_search_locations[0]).rglob("libggml-base.*")
    ggml = ctypes.CDLL(str(library))
    ggml.ggml_type_size.restype, ggml.ggml_blck_size.restype = ctypes.c_size_t, ctypes.c_int64
    ggml.ggml_type_name.restype = ctypes.c_char_p
    kinds = range(max(TENSOR_TYPES) + 1)
    theirs = {
        k: (ggml.ggml_type_name(k).decode().upper(), ggml.ggml_blck_size(k), ggml.ggml_type_size(k)) for k in kinds
    }
    assert {kind: row for kind, row in theirs.items() if row[1]} == {
        kind: (name.upper(), block, width) for kind, (name, block, width) in TENSOR_TYPES.items()
    }


def test_new_types_of_the_gguf_package_are_known() -> None:
    import gguf as package

    assert {int(kind) for kind in package.GGML_QUANT_SIZES} <= set(TENSOR_TYPES), "new types: add their sizes"


def test_real_vocabularies_agree_with_the_gguf_package(shared: Path) -> None:
    import gguf as package

    path = shared / "data" / "vocab" / "ggml-vocab-deepseek-coder.gguf"  # the smallest: their reader is slow
    theirs = package.GGUFReader(path)
    ours = read_file(path, kept=1 << 22)
    expected = {key: row.contents() for key, row in theirs.fields.items() if not key.startswith("GGUF.")}
    assert ours.metadata == expected
    assert ours.lengths == {key: len(value) for key, value in expected.items() if isinstance(value, list)}


def test_tensors_of_a_real_model_lie_one_after_the_other(starter_model: Path) -> None:
    file = read_file(starter_model)
    at = file.data_at
    for row in file.tensors:
        assert row.offset == at
        at = -(-(at + row.bytes) // 32) * 32
    assert at == file.bytes == starter_model.stat().st_size
    assert "tokenizer.ggml.tokens" not in file.metadata and file.lengths["tokenizer.ggml.tokens"] == 49152


def test_small_arrays_are_kept_and_big_ones_counted_and_watched() -> None:
    words = [f"w{n}" for n in range(5)]
    data = gguf({"words": words}, raw_fields=(_numbers("few", [1, 2]), _numbers("many", [7] * 5)))
    file = _read(data, kept=4, watched={"words": frozenset({b"w3"}), "few": frozenset({b"w3"})})
    assert file.metadata["few"] == [1, 2]
    assert file.lengths == {"words": 5, "few": 2, "many": 5}
    assert not {"words", "many"} & set(file.metadata)
    assert file.seen == {"words"}
    whole = _read(data, kept=5, watched={"words": frozenset({b"w9"})})
    assert (whole.metadata["words"], whole.metadata["many"], whole.seen) == (words, [7] * 5, frozenset())


def test_places_of_tensors_and_of_the_list() -> None:
    data = gguf(tensors=(tensor("a", (32, 8)), tensor("b", (64,), kind=2, offset=1024)), data=bytes(1024 + 36))
    file = _read(data)
    assert data[file.tensors_at :].startswith(text("a"))
    a, b = file.tensors
    assert (a.dimensions, a.elements, a.bytes, a.offset) == ((32, 8), 256, 1024, file.data_at)
    assert (b.kind, b.elements, b.bytes, b.offset) == (2, 64, 36, file.data_at + 1024)


def test_tensor_of_an_unknown_type_has_no_size() -> None:
    (row,) = _read(gguf(tensors=(tensor("a", (32, 8), kind=99),))).tensors
    assert (row.elements, row.bytes) == (256, 0)


HUGE = 1 << 63
CLAIMS = {
    "keys": (b"GGUF" + struct.pack("<IQQ", 3, 0, HUGE), "claims 9,223,372,036,854,775,808 keys"),
    "tensors": (b"GGUF" + struct.pack("<IQQ", 3, HUGE, 0), "claims 9,223,372,036,854,775,808 tensors"),
    "keys that fit": (b"GGUF" + struct.pack("<IQQ", 3, 0, 70_000) + bytes(900_000), "claims 70,000 keys"),
    "tensors that fit": (b"GGUF" + struct.pack("<IQQ", 3, 140_000, 0) + bytes(4_000_000), "claims 140,000 tensors"),
    "elements": (gguf(raw_fields=(text("a") + struct.pack("<IIQ", ARRAY, UINT64, HUGE),)), "elements and the file has"),
    "text": (gguf(raw_fields=(text("a") + struct.pack("<IQ", STRING, HUGE),)), "a text of 9,223,372"),
    "list of lists": (gguf(raw_fields=(text("a") + struct.pack("<IIQ", ARRAY, ARRAY, 1) + bytes(12),)), "nests lists"),
    "unknown type": (gguf(raw_fields=(text("a") + struct.pack("<I", 77),)), "unknown type 77"),
    "dimensions": (gguf(tensors=(tensor("t", (1,) * 5),)), "5 dimensions"),
    "rows": (gguf(tensors=(tensor("t", (HUGE, 2)),)), "a tensor claims 18,446,744"),
    "alignment": (gguf({"general.alignment": 48}), "its alignment is 48"),
    "alignment of none": (gguf({"general.alignment": 0}), "its alignment is 0"),
    "alignment in words": (gguf({"general.alignment": "x" * 999}), "its alignment is xxx"),
    "data": (gguf(data=bytes(1023)), r"it ends at byte 1,\d{3} of 1,\d{3}"),
    "version": (gguf(version=4), "version 4; 2 and 3 are known"),
    "big-endian": (b"GGUF" + struct.pack(">IQQ", 3, 0, 0), "big-endian"),
    "pointer": (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
    "other": (b"PK\3\4" + bytes(99), "does not begin as a GGUF"),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_impossible_claim_is_refused_in_a_clause_before_anything_is_allocated(name: str) -> None:
    data, why = CLAIMS[name]
    tracemalloc.start()
    try:
        with pytest.raises(Unreadable, match=why) as refused:
            _read(data)
        assert tracemalloc.get_traced_memory()[1] < 3 * len(data) + (2 << 20)
    finally:
        tracemalloc.stop()
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 120


def test_what_is_no_file_is_refused_unopened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").touch()
    for path, why in ((tmp_path, "folder"), (tmp_path / "pipe", "no ordinary"), (tmp_path / "empty", "it is empty")):
        with pytest.raises(Unreadable, match=why):
            read_file(path)
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "none")


def test_header_without_end_is_given_up_at_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as handle:
        handle.write(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("a") + struct.pack("<IIQ", ARRAY, UINT64, 1 << 27))
        handle.truncate(20 << 30)
    with pytest.raises(Unreadable, match=f"claims more than {HEADER_LIMIT:,}"):
        read_file(path, kept=1 << 30)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_is_refused_or_read_and_nothing_else(data: st.DataObject) -> None:
    whole = bytearray(gguf({"tokenizer.ggml.tokens": ["a", "b"]}, raw_fields=(_numbers("n", [1, 2]),)))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        file = _read(bytes(whole))
    except Unreadable:
        return
    assert all(row.offset + row.bytes <= len(whole) for row in file.tensors)


@given(st.integers(0, 1023))
def test_every_cut_is_refused(missing: int) -> None:
    whole = gguf({"words": ["a", "b"]})
    with pytest.raises(Unreadable):
        _read(whole[: len(whole) * missing // 1024])


@given(st.dictionaries(st.text(max_size=9), st.one_of(st.integers(0, 2**32 - 1), st.text(), st.lists(st.text()))))
def test_what_was_written_is_read(fields: dict[str, object]) -> None:
    fields.pop("general.alignment", None)
    rows = [field(key, value) for key, value in fields.items()]
    assert _read(b"GGUF" + struct.pack("<IQQ", 3, 0, len(rows)) + b"".join(rows)).metadata == fields


def test_reading_takes_no_slow_import(tmp_path: Path) -> None:
    root = Path(gguf_file.__file__).parents[2]
    code = (
        f"import sys; sys.path.append({str(root)!r}); from assistant.engine.gguf_file import read_file; "
        f"read_file({str(write(tmp_path / 'a.gguf'))!r}); "
        "print(*{'dataclasses', 'inspect', 'pathlib', 'mmap'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert not done.stdout.split()
