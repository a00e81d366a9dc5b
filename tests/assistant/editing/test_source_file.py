"""Bytes come back as they were: encodings, byte order marks, line ends and bytes that are no UTF-8."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.editing.source_file import read_source, to_bytes, with_lf, with_line_ends_of
from assistant.errors import AssistantError
from assistant.syntax.encoding import Encoding


@given(st.binary(max_size=200).filter(lambda data: b"\0" not in data and data[:2] not in (b"\xff\xfe", b"\xfe\xff")))
def test_any_bytes_without_nul_survive_a_round_trip(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file = tmp_path_factory.mktemp("bytes") / "f"
    file.write_bytes(data)
    source = read_source(file)
    assert source.document.to_bytes() == data
    assert to_bytes(source.text, file, source.document.encoding) == data


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_known_encodings_survive(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "f"
    file.write_bytes("größe 𝛼 = 1\r\n".encode(encoding))
    source = read_source(file)
    assert source.text == "größe 𝛼 = 1\r\n"
    assert source.document.to_bytes() == file.read_bytes()


@pytest.mark.parametrize(("data", "why"), [(b"\x7fELF\0\0", "binary"), (b"\xff\xfea\0b", "binary")])
def test_binary_files_are_refused(tmp_path: Path, data: bytes, why: str) -> None:
    (tmp_path / "f").write_bytes(data)
    with pytest.raises(AssistantError, match=why):
        read_source(tmp_path / "f")


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(AssistantError, match="cannot read"):
            read_source(path)


def test_only_touched_lines_change_their_line_ends() -> None:
    old = "a\r\nb\nc\r\nd\r\n"
    assert with_line_ends_of(old, "a\nb\nNEW\nd\n") == "a\r\nb\nNEW\r\nd\r\n"
    assert with_line_ends_of("a\nb\n", "a\nc\n") == "a\nc\n"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["\n", "\r\n"])), max_size=8))
def test_text_that_did_not_change_keeps_each_line_end(rows: list[tuple[str, str]]) -> None:
    text = "".join(line + end for line, end in rows)
    assert with_line_ends_of(text, with_lf(text)) == text


def test_text_that_the_encoding_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssistantError, match=r"no bytes for U\+D800"):
        to_bytes("a\ud800", tmp_path / "f")
    with pytest.raises(AssistantError, match=r"utf-16-le has no bytes"):
        to_bytes("a\udcff", tmp_path / "f", Encoding("utf-16-le", b"\xff\xfe"))
