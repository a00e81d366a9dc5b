"""The diff is git's, and nothing that the repository configures is run for it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from assistant.context.working_diff import working_diff
from assistant.errors import AssistantError

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder: Path, *words: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@b", "-c", "init.defaultBranch=main", *words],
        cwd=folder,
        check=True,
        capture_output=True,
    )


@pytest.fixture
def committed(repository: Path) -> Path:
    git(repository, "init", "-q")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "first")
    return repository


def test_nothing_changed_is_an_empty_diff(committed: Path) -> None:
    assert working_diff(committed) == ""


def test_changed_staged_deleted_and_new_files_are_shown(committed: Path) -> None:
    (committed / "kitchen.py").write_text("changed = 1\n")
    (committed / "notes.txt").unlink()
    (committed / "staged.py").write_text("staged = 1\n")
    git(committed, "add", "staged.py")
    (committed / "new.py").write_text("new = 1\n")
    (committed / "ignored.log").write_text("x\n")
    index = (committed / ".git/index").read_bytes()
    diff = working_diff(committed)
    for line in ("+changed = 1", "-make_jar", "+staged = 1", "+new = 1"):
        assert line in diff.splitlines()
    assert "ignored.log" not in diff
    assert (committed / ".git/index").read_bytes() == index


def test_a_folder_within_shows_its_own_changes_only(committed: Path) -> None:
    (committed / "kitchen.py").write_text("changed = 1\n")
    (committed / "shelf/box.py").write_text("box = 1\n")
    diff = working_diff(committed / "shelf")
    assert "+box = 1" in diff
    assert "changed" not in diff


def test_programs_that_the_repository_configures_are_not_run(committed: Path) -> None:
    trap = committed.parent / "trap"
    script = committed.parent / "trap.sh"
    script.write_text(f"#!/bin/sh\ntouch {trap}\ncat\n")
    script.chmod(0o755)
    for name in (
        "diff.external",
        "core.fsmonitor",
        "filter.evil.clean",
        "filter.evil.process",
        "diff.evil.textconv",
        "core.pager",
    ):
        git(committed, "config", name, str(script))
    hook = committed / ".git/hooks/post-index-change"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(script.read_text())
    hook.chmod(0o755)
    (committed / ".gitattributes").write_text("* filter=evil diff=evil\n")
    (committed / "kitchen.py").write_text("changed = 1\n")
    assert "+changed = 1" in working_diff(committed)
    assert not trap.exists()


def test_a_repository_without_a_commit_shows_its_files(repository: Path) -> None:
    git(repository, "init", "-q")
    assert "+UNUSED_LIMIT = 3" in working_diff(repository)


def test_a_worktree_has_its_own_state(committed: Path) -> None:
    other = committed.parent / "other"
    git(committed, "worktree", "add", "-q", str(other), "-b", "side")
    (other / "kitchen.py").write_text("changed = 1\n")
    assert "+changed = 1" in working_diff(other)
    assert working_diff(committed) == ""


def test_a_folder_in_no_repository_is_told(tmp_path: Path) -> None:
    with pytest.raises(AssistantError, match="in no git repository"):
        working_diff(tmp_path)
