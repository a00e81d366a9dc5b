"""The flag in memory that two processes share, as the app raises it and llama.cpp reads it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.engine.stop_flag import StopFlag, new_memory


def test_each_process_sees_what_the_other_did() -> None:
    child = (
        "import os, sys; from assistant.engine.stop_flag import StopFlag\n"
        "descriptor = int(sys.argv[1]); flag = StopFlag(descriptor); os.close(descriptor)\n"
        "assert flag.owner == 2**32 + 1 and flag.raised and flag.as_text().value == b'\\x01'\n"
        "flag.lower(); flag.makes_way = True; print('done')\n"
    )
    with new_memory() as descriptor:
        flag = StopFlag(descriptor)
        text = flag.as_text()
        assert not flag.raised and text.value == b""
        flag.owner = 2**32 + 1
        for other in ({"do": "tokenize", "id": 2**32 + 1}, {"do": "cancel", "id": 1}):
            flag.announce(other)
            assert text.value == b"", "only its own cancel stops what was asked for"
        flag.announce({"do": "cancel", "id": 2**32 + 1})
        assert text.value == b"\x01"
        command = [sys.executable, "-c", child, str(descriptor)]
        done = subprocess.run(command, pass_fds=(descriptor,), capture_output=True, text=True)
        assert (done.stdout, done.stderr) == ("done\n", "")
    assert not flag.raised
    flag.announce({"do": "tokenize", "id": 2})
    assert text.value == b"\x01", "the child said that it makes way, and the memory outlives its descriptor"


def _refused(name: str) -> int:
    raise OSError(errno.ENOSYS, name)


@pytest.mark.parametrize("folder", ["", "a disk"])
@pytest.mark.parametrize("call", [None, _refused])
def test_where_there_is_no_memory_file_an_unlinked_one_serves(
    monkeypatch: pytest.MonkeyPatch, call: Callable[[str], int] | None, folder: str
) -> None:
    if call is None:
        monkeypatch.delattr(os, "memfd_create", raising=False)
    else:
        monkeypatch.setattr(os, "memfd_create", call, raising=False)
    if folder:
        monkeypatch.setattr("assistant.ground.files._IN_MEMORY", "/nowhere")
    before = len(list(Path("/dev/fd").iterdir()))
    with new_memory() as descriptor:
        assert os.fstat(descriptor).st_nlink == 0
        flag, same = StopFlag(descriptor), StopFlag(descriptor)
        same.owner = 1
        flag.announce({"do": "cancel", "id": 1})
        assert same.raised
    del flag, same
    assert len(list(Path("/dev/fd").iterdir())) <= before
