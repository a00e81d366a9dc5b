"""What cannot be opened is refused at once, with the cause and with what helps, whatever lies at the path."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.errors import AssistantError
from assistant.session.files.large_file import EDITABLE, LargeFile
from assistant.session.files.open_file import OpenFile
from assistant.session.files.opening import open_for_editor, trace


def _folder(path: Path) -> None:
    path.mkdir()


def _socket(path: Path) -> None:
    here = os.open(".", os.O_RDONLY)
    os.chdir(path.parent)
    try:
        # By a short name: the path of a socket has a hundred bytes.
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(path.name)
    finally:
        os.fchdir(here)
        os.close(here)


def _through_a_file(path: Path) -> None:
    path.symlink_to(path.parent / "a.py" / "below")
    (path.parent / "a.py").write_text("")


CASES = {
    "a folder": (_folder, "it is a folder", "F5"),
    "a pipe": (os.mkfifo, "it is a pipe", "Ctrl+O"),
    "a socket": (_socket, "it is a socket", "Ctrl+O"),
    "a device": (lambda path: path.symlink_to(os.devnull), "it is a device", "Ctrl+O"),
    "nothing": (lambda path: None, "there is no such file", "Ctrl+O"),
    "a link to nothing": (lambda path: path.symlink_to("gone"), "it is a link to gone, and there is nothing", "Ctrl+O"),
    "a link to itself": (lambda path: path.symlink_to(path.name), "too many levels of symbolic links", "Ctrl+O"),
    "below a file": (_through_a_file, "not a directory", "Ctrl+O"),
    "binary": (lambda path: path.write_bytes(b"\x7fELF\0\0\1"), "it is a binary file", "xxd 'a b' | less"),
    "binary and large": (lambda path: path.write_bytes(bytes(EDITABLE + 1)), "it is a binary file", "xxd"),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_no_text_is_refused_with_the_cause_and_what_helps(case: str, tmp_path: Path) -> None:
    make, why, hint = CASES[case]
    make(tmp_path / "a b")
    with pytest.raises(AssistantError) as caught:
        open_for_editor(tmp_path / "a b", "a b")
    assert caught.value.what == "cannot open a b"
    assert why in caught.value.why
    assert hint in caught.value.hint


def test_a_path_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    for name in ("a\0b", "x" * 5000):
        with pytest.raises(AssistantError, match="cannot open"):
            open_for_editor(tmp_path / name, name)
        assert trace(tmp_path / name) == ()


@contextlib.contextmanager
def _nobodys_folder() -> Iterator[Path]:
    """A folder of somebody who is not root, and being that one."""
    with tempfile.TemporaryDirectory() as name:
        root = os.geteuid() == 0
        if root:
            os.chown(name, 65534, 65534)
            os.seteuid(65534)
        try:
            yield Path(name)
        finally:
            if root:
                os.seteuid(0)


def test_who_may_not_read_is_told_the_command_that_permits_it() -> None:
    with _nobodys_folder() as folder:
        secret = folder / "secret.py"
        secret.write_text("x = 1\n")
        secret.chmod(0)
        with pytest.raises(AssistantError, match="you may not read it") as caught:
            open_for_editor(secret, "secret.py")
        assert caught.value.hint == f"chmod u+r {secret}"
        (folder / "closed").mkdir(mode=0)
        with pytest.raises(AssistantError, match="you may not look into its folder") as caught:
            open_for_editor(folder / "closed" / "a.py", "closed/a.py")
        assert caught.value.hint == f"chmod u+rx {folder / 'closed'}"
        (folder / "closed").chmod(0o700)


def test_text_is_opened_to_be_edited_and_much_of_it_to_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "b.txt").write_text("line\n" * (EDITABLE // 5 + 1))
    assert isinstance(open_for_editor(tmp_path / "a.py", "a.py"), OpenFile)
    assert isinstance(open_for_editor(tmp_path / "b.txt", "b.txt"), LargeFile)


def test_the_trace_of_a_file_tells_that_it_may_have_become_readable(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    assert trace(file) == ()
    file.write_text("")
    file.chmod(0)
    before = trace(file)
    file.chmod(0o600)
    assert trace(file) != before
