"""Files are replaced whole or stay as they were."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from assistant.errors import AssistantError
from assistant.ground import files
from assistant.ground.files import human_bytes, replacing, require_space, same_file, write_whole


def test_new_file_has_the_mode_that_the_umask_gives(tmp_path: Path) -> None:
    previous = os.umask(0o027)
    try:
        write_whole(tmp_path / "new", "grüße")
    finally:
        os.umask(previous)
    assert (tmp_path / "new").read_bytes() == "grüße".encode()
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o640


def test_mode_and_link_of_an_old_file_are_kept(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.write_text("old")
    real.chmod(0o751)
    link = tmp_path / "link"
    link.symlink_to(real)
    write_whole(link, "new")
    assert link.is_symlink() and real.read_text() == "new" and real.stat().st_mode & 0o777 == 0o751


@pytest.mark.parametrize("error", [RuntimeError("broken"), KeyboardInterrupt()])
def test_old_file_stays_when_the_work_fails(error: BaseException, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(type(error)), replacing(path) as staged:
        staged.write_text("half")
        raise error
    assert path.read_text() == "old" and [found.name for found in tmp_path.iterdir()] == ["file"]


def test_full_disk_is_one_sentence_and_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "sync", full)
    with pytest.raises(AssistantError, match="the disk is full"):
        write_whole(path, "new")
    assert path.read_text() == "old" and [found.name for found in tmp_path.iterdir()] == ["file"]


def test_missing_folder_and_folder_in_the_way_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(AssistantError, match=r"there is no folder .* Try: mkdir -p"):
        write_whole(tmp_path / "none" / "file", "x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(AssistantError, match="is a directory"):
        write_whole(tmp_path / "folder", "x")
    assert [found.name for found in tmp_path.iterdir()] == ["folder"]


def test_space_is_asked_for_before_the_work(tmp_path: Path) -> None:
    require_space(tmp_path, 1)
    with pytest.raises(AssistantError, match=r"it needs 1000000\.0 TB and the disk has .* free"):
        require_space(tmp_path, 10**18)


def test_same_file_by_bytes_on_disk(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    assert same_file(tmp_path / "a", tmp_path / "b") and not same_file(tmp_path / "a", tmp_path / "none")


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (94_300_000, "94.3 MB"), (4.7e9, "4.7 GB"), (2e12, "2.0 TB")]
)
def test_sizes_are_told_in_decimal_units(count: float, text: str) -> None:
    assert human_bytes(count) == text
