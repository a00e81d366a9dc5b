"""Paths that lead outside the workspace, or into git, are refused however they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.editing.workspace import PathRefused, Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = tmp_path / "root"
    (root / ".git" / "hooks").mkdir(parents=True)
    (root / "src").mkdir()
    (root / "src" / "a.py").write_text("a\n")
    (tmp_path / "outside").mkdir()
    (root / "link").symlink_to(tmp_path / "outside")
    (root / "dangling").symlink_to(tmp_path / "outside" / "none.py")
    (root / "to_git").symlink_to(root / ".git")
    (root / "loop").symlink_to(root / "loop")
    return Workspace.at(root)


@pytest.mark.parametrize(
    "path", ["src/a.py", "./src/../src/a.py", "new/deep/b.py", "a.git/x", ".gitignore", ".github/x"]
)
def test_paths_inside_are_taken(workspace: Workspace, path: str) -> None:
    assert workspace.target(path).is_relative_to(workspace.root)


@pytest.mark.parametrize(
    "path",
    [
        "../x", "src/../../x", "/etc/passwd", "~/x", "link/x", "dangling", "loop", "", ".", "src/..", "a\0b", "a\nb", "a\x1b]0;x",
        ".git/config", ".git", "src/../.git/hooks/pre-commit", ".GIT/config", ".git./config", "to_git/config", "sub/.git/config",
    ],
)  # fmt: skip
def test_paths_outside_and_in_git_are_refused(workspace: Workspace, path: str) -> None:
    with pytest.raises(PathRefused):
        workspace.target(path)


def test_absolute_paths_inside_are_taken(workspace: Workspace) -> None:
    assert workspace.name(workspace.target(str(workspace.root / "src" / "a.py"))) == "src/a.py"
