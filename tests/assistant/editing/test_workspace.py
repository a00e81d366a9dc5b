"""Paths that lead outside the workspace, or into git, are refused however they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.editing.workspace import PathRefused, Workspace, folder_of


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
        ".gIt/x", ".git::$INDEX_ALLOCATION/x", "git~1/config", ".g\u200cit/config", "module/.git",
    ],
)  # fmt: skip
def test_paths_outside_and_in_git_are_refused(workspace: Workspace, path: str) -> None:
    with pytest.raises(PathRefused):
        workspace.target(path)


def test_absolute_paths_inside_are_taken(workspace: Workspace) -> None:
    assert workspace.name(workspace.target(str(workspace.root / "src" / "a.py"))) == "src/a.py"


def test_a_link_belongs_where_it_is_named_so_that_leading_out_of_there_is_noticed(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "outside" / "a.py").write_text("a\n")
    (workspace.root / "out.py").symlink_to(tmp_path / "outside" / "a.py")
    for named in ("out.py", "link/a.py", "link/../outside/a.py"):
        monkeypatch.chdir(workspace.root)
        place = Workspace.at(folder_of(Path(named)))
        with pytest.raises(PathRefused):
            place.target(str(Path(named).absolute()))
    (tmp_path / "alias").symlink_to(workspace.root)
    inside = tmp_path / "alias" / "src" / "a.py"
    place = Workspace.at(folder_of(inside))
    assert place.name(place.target(str(inside))) == "src/a.py"


def test_without_git_the_folder_is_where_the_command_runs_or_the_files_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work")
    assert folder_of(Path("deep/a.py")) == tmp_path / "work"
    assert folder_of(tmp_path / "b.py") == tmp_path
