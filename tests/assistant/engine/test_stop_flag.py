"""The flag in memory that two processes share, as the app raises it and llama.cpp reads it."""

from __future__ import annotations

import subprocess
import sys
import tempfile

import pytest

from assistant.engine.stop_flag import StopFlag, new_memory


def test_each_process_sees_what_the_other_did() -> None:
    child = (
        "import os, sys; from assistant.engine.stop_flag import StopFlag\n"
        "descriptor = int(sys.argv[1]); flag = StopFlag(descriptor); os.close(descriptor)\n"
        "assert flag.raised and flag.as_text().value == b'\\x01'\n"
        "flag.lower(); flag.makes_way = True; print('done')\n"
    )
    with new_memory() as descriptor:
        flag = StopFlag(descriptor)
        text = flag.as_text()
        assert not flag.raised and text.value == b""
        flag.announce({"do": "tokenize", "id": 1})
        assert text.value == b"", "only a cancel stops what was asked for"
        flag.announce({"do": "cancel", "id": 1})
        assert text.value == b"\x01"
        command = [sys.executable, "-c", child, str(descriptor)]
        done = subprocess.run(command, pass_fds=(descriptor,), capture_output=True, text=True)
        assert (done.stdout, done.stderr) == ("done\n", "")
    assert not flag.raised
    flag.announce({"do": "tokenize", "id": 2})
    assert text.value == b"\x01", "the child said that it makes way, and the memory outlives its descriptor"


def test_where_there_is_no_memory_file_an_unlinked_one_on_disk_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    made = []
    monkeypatch.setattr(
        tempfile,
        "TemporaryFile",
        lambda real=tempfile.TemporaryFile: made.append(real()) or made[0],
    )
    with new_memory() as descriptor:
        flag, same = StopFlag(descriptor), StopFlag(descriptor)
        flag.announce({"do": "cancel", "id": 1})
        assert same.raised
    assert made[0].closed
