"""Files too large to edit: every line is what it would be if the file were read whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import AssistantError
from assistant.session.files import large_file
from assistant.session.files.large_file import LargeFile, LargeLines


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=12), max_size=40), st.integers(1, 9))
def test_lines_are_those_of_the_whole_text(parts: list[bytes], block: int) -> None:
    data = b"\n".join(parts)
    before = large_file._BLOCK
    large_file._BLOCK = block
    try:
        lines = LargeLines(len(data), lambda start, end: data[start:end])
        wanted = data.decode("utf-8", "surrogateescape").split("\n") if data.isascii() else None
        assert len(lines) == data.count(b"\n") + 1
        if wanted is not None:
            assert list(lines) == wanted
            assert lines[-1] == wanted[-1]
            assert lines[1:3] == wanted[1:3]
    finally:
        large_file._BLOCK = before


def test_a_line_without_end_is_cut(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 300_000 + b"\nend")
    lines = LargeFile(tmp_path / "a").lines
    assert len(lines[0]) < 110_000
    assert lines[1] == "end"


def test_a_file_that_is_cut_meanwhile_reads_as_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"line\n" * 50_000)
    lines = LargeFile(tmp_path / "a").lines
    (tmp_path / "a").write_bytes(b"")
    assert lines[40_000] == ""


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\0" * 100)
    with pytest.raises(AssistantError, match="binary"):
        LargeFile(tmp_path / "a")
