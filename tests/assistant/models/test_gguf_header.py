"""GGUF files are read without trust: whole ones give their facts, all others one sentence, quickly."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.engine.gguf_file import Unreadable, read_stream
from assistant.models import gguf_child, gguf_header
from assistant.models.gguf_header import GGUFHeader, UnreadableModel, read_header, read_headers
from tests.assistant.models.gguf_files import ARRAY, STRING, UINT32, gguf, tensor, text, write


def test_starter_model_tells_its_facts(starter_model: Path) -> None:
    header = read_header(starter_model)
    assert (header.architecture, header.quantization, header.context_size) == ("llama", "Q4_1", 8192)
    assert 130e6 < header.parameters < 140e6
    assert header.chat_template and len(header.chat_template_sha256) == 64
    assert header.licence == "apache-2.0"
    assert header.bytes == starter_model.stat().st_size


def test_facts_agree_with_the_gguf_package(shared: Path) -> None:
    import gguf as package

    path = shared / "data" / "vocab" / "ggml-vocab-deepseek-coder.gguf"  # the smallest: their reader is slow
    theirs = package.GGUFReader(path)
    ours = read_header(path)
    architecture = theirs.get_field("general.architecture").contents()
    assert ours.architecture == architecture
    assert ours.context_size == theirs.get_field(f"{architecture}.context_length").contents()
    assert ours.vocabulary_size == len(theirs.get_field("tokenizer.ggml.tokens").data)
    fim = {
        path.stem.removeprefix("ggml-vocab-"): read_header(path).fim for path in (shared / "data/vocab").glob("*.gguf")
    }
    assert fim == {"starcoder": True, "refact": True, "deepseek-coder": True, "gpt-2": False, "qwen2": False}


def test_table_of_file_types_is_that_of_the_gguf_package() -> None:
    import gguf as package

    for kind in package.LlamaFileType:
        if kind.name != "GUESSED":
            assert gguf_header._FILE_TYPES[int(kind)] == kind.name.removeprefix("ALL_").removeprefix("MOSTLY_")


def test_small_file_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gguf", fields={"tokenizer.ggml.tokens": ["a", "<fim_prefix>"], "general.file_type": 15})
    header = read_header(path)
    assert header.name == "tiny" and header.parameters == 256 and header.fim and header.quantization == "Q4_K_M"


HUGE = 1 << 63
HOSTILE = {
    "empty": b"",
    "garbage": bytes(range(256)) * 20,
    "text": b"not a model at all\n" * 50,
    "version 1": gguf(version=1),
    "version 99": gguf(version=99),
    "big endian": b"GGUF" + struct.pack(">IQQ", 3, 0, 0) + bytes(40),
    "2^63 elements": gguf(raw_fields=(text("a") + struct.pack("<IIQ", ARRAY, UINT32, HUGE),)),
    "2^63 strings": gguf(raw_fields=(text("a") + struct.pack("<IIQ", ARRAY, STRING, HUGE),)),
    "2^63 lists": gguf(raw_fields=(text("a") + struct.pack("<IIQ", ARRAY, ARRAY, HUGE),)),
    "2^63 characters": gguf(raw_fields=(text("a") + struct.pack("<IQ", STRING, HUGE),)),
    "2^63 keys": b"GGUF" + struct.pack("<IQQ", 3, 0, HUGE) + bytes(100),
    "2^63 tensors": b"GGUF" + struct.pack("<IQQ", 3, HUGE, 0) + bytes(100),
    "2^63 dimensions": gguf(tensors=(text("t") + struct.pack("<I", 1 << 31) + bytes(64),)),
    "2^63 rows": gguf(tensors=(tensor("t", (HUGE, 2)),)),
    "49 bytes that hang the gguf package": b"GGUF"
    + struct.pack("<IQQ", 3, 0, 1)
    + text("k")
    + struct.pack("<IIQ", ARRAY, UINT32, HUGE),
    "nested lists": gguf(
        raw_fields=(text("a") + struct.pack("<I", ARRAY) + struct.pack("<IQ", ARRAY, 1) * 50 + bytes(99),)
    ),
    "unknown type": gguf(raw_fields=(text("a") + struct.pack("<I", 77) + bytes(40),)),
    "alignment 3": gguf({"general.alignment": 3}),
    "data missing": gguf(data=b""),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_refused_at_once(name: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile.gguf"
    path.write_bytes(HOSTILE[name])
    started = time.monotonic()
    with pytest.raises(UnreadableModel) as refusal:
        read_header(path)
    assert time.monotonic() - started < 5
    assert refusal.value.why and str(path) in str(refusal.value)


def test_file_cut_at_any_of_100_places_is_refused(tmp_path: Path) -> None:
    whole = gguf({"tokenizer.ggml.tokens": [f"token {n}" for n in range(40)], "tokenizer.chat_template": "x" * 99})
    cuts = [len(whole) * n // 100 for n in range(100)]
    paths = []
    for cut in cuts:
        paths.append(tmp_path / f"cut-{cut}.gguf")
        paths[-1].write_bytes(whole[:cut])
    found = read_headers(paths)
    assert all(isinstance(found[path], UnreadableModel) for path in paths)
    (tmp_path / "whole.gguf").write_bytes(whole)
    assert isinstance(read_header(tmp_path / "whole.gguf"), GGUFHeader)


def test_real_model_cut_in_its_weights_says_where(starter_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.gguf"
    with starter_model.open("rb") as handle:
        path.write_bytes(handle.read(20_000_000))
    with pytest.raises(UnreadableModel, match="it ends at byte 20,000,000 of 98,3"):
        read_header(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "folder.gguf"
    folder.mkdir()
    pipe = tmp_path / "pipe.gguf"
    os.mkfifo(pipe)
    found = read_headers([folder, pipe, tmp_path / "none.gguf", Path("/dev/zero")])
    assert [error.why for error in found.values() if isinstance(error, UnreadableModel)] == [
        "it is a folder",
        "it is no ordinary file",
        "no such file or directory",
        "it is no ordinary file",
    ]


def test_endless_header_of_a_sparse_file_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "sparse.gguf"
    with path.open("wb") as handle:
        handle.write(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("a") + struct.pack("<IIQ", ARRAY, STRING, 10**9))
        handle.truncate(20 << 30)
    started = time.monotonic()
    with pytest.raises(UnreadableModel, match="claims more than"):
        read_header(path)
    assert time.monotonic() - started < 5


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_header_never_raises_anything_else(data: st.DataObject) -> None:
    whole = bytearray(gguf({"tokenizer.ggml.tokens": ["a", "b"], "general.file_type": 2}))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))

    try:
        row = gguf_child.facts_of(read_stream(io.BytesIO(bytes(whole)), len(whole)))
    except Unreadable:
        return
    assert gguf_header._header(row) is not None


def _child_that_meets(trap: str) -> str:
    """How to start a child that does `trap` before it reads a file."""
    return f"""
import sys
sys.path.append(sys.argv[1])
import time
from assistant.engine.gguf_file import Unreadable, read_stream
from assistant.models import gguf_child as child
read_file, child.SECONDS_PER_FILE = child.read_file, 0.5
def trapped(path, **how):
    {trap}
    return read_file(path, **how)
child.read_file = trapped
child.main()
"""


def test_file_that_ends_the_reader_costs_only_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gguf_header, "_START", _child_that_meets('"trap" in path and time.sleep(60)'))
    paths = [write(tmp_path / f"{name}.gguf") for name in ("a", "trap", "b", "c")]
    found = read_headers(paths)
    assert [isinstance(found[path], GGUFHeader) for path in paths] == [True, False, True, True]


def test_reader_has_no_more_memory_than_a_gibibyte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gguf_header, "_START", _child_that_meets("bytearray(3 << 29)"))
    with pytest.raises(UnreadableModel, match="more memory"):
        read_header(write(tmp_path / "a.gguf"))


def test_known_files_are_not_opened_again_until_they_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.gguf")
    assert read_header(path).name == "tiny"
    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "Popen", None)
        assert read_header(path).name == "tiny"
    write(path, fields={"general.name": "other"})
    assert read_header(path).name == "other"


def test_damaged_cache_is_ignored(tmp_path: Path, home: Path) -> None:
    path = write(tmp_path / "a.gguf")
    read_header(path)
    cache = home / "cache" / "gguf-headers.json"
    assert cache.is_file()
    for damage in ("{", "[]", '{"format": 1, "headers": {"x": 3}}', '{"format": 7}'):
        cache.write_text(damage)
        assert read_header(path).name == "tiny"
