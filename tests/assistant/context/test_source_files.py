"""Which files count: by git's ignore rules, without git."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.context.source_files import LARGEST_SOURCE, left_out, source_files


def paths(folder: Path) -> list[str]:
    return [file.path for file in source_files(folder)]


def test_ignored_files_and_what_tools_make_are_left_out(repository: Path) -> None:
    for name in (
        "a.log",
        "build/x.py",
        "node_modules/m.js",
        "shelf/__pycache__/j.py",
        ".git/config",
        "deep/build/y.py",
    ):
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text("x")
    assert paths(repository) == sorted(
        [
            ".gitignore",
            "deep/build/y.py",
            "kitchen.py",
            "notes.txt",
            "shelf/box.py",
            "shelf/jar.py",
            "tests/test_jar.py",
            "web/app.js",
        ]
    )


def test_a_nested_ignore_file_and_its_exceptions_win_over_the_outer_one(repository: Path) -> None:
    (repository / "shelf/.gitignore").write_text("*.py\n!box.py\n!*.log\n")
    (repository / "shelf/kept.log").write_text("x")
    found = paths(repository)
    assert "shelf/box.py" in found
    assert "shelf/kept.log" in found
    assert "shelf/jar.py" not in found


def test_a_folder_within_a_repository_is_ruled_by_the_ignore_files_above_it(repository: Path) -> None:
    (repository / ".git").mkdir()
    (repository / ".gitignore").write_text("/shelf/box.py\n")
    assert paths(repository / "shelf") == ["jar.py"]


def test_a_folder_that_is_itself_ignored_is_read_when_asked_for(repository: Path) -> None:
    (repository / ".git").mkdir()
    (repository / ".gitignore").write_text("/shelf/\n*.js\n")
    assert paths(repository / "shelf") == ["box.py", "jar.py"]


def test_links_and_huge_files_are_left_out(repository: Path) -> None:
    (repository / "link.py").symlink_to(repository / "kitchen.py")
    (repository / "loop").symlink_to(repository)
    (repository / "huge.py").write_bytes(b"x" * (LARGEST_SOURCE + 1))
    found = paths(repository)
    assert not {"link.py", "huge.py"} & set(found)
    assert not any(path.startswith("loop") for path in found)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(
            ["a", "b", "*.x", "/a", "a/", "!a", "!b.x", "a/b", "**/b", "a/**", "!a/b.x", "# c", "", "b.?", "[ab].x"]
        ),
        max_size=6,
    ),
    st.lists(st.sampled_from(["*.x", "!*.x", "/b.x", "!a", "b"]), max_size=3),
)
def test_the_verdicts_are_those_of_git(
    tmp_path_factory: pytest.TempPathFactory, outer: list[str], inner: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("ignored")
    for name in ("a.x", "b.x", "c", "a/a.x", "a/b.x", "a/c/b.x", "b/a", "b/b.x", "d/a/b.x"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    (folder / ".gitignore").write_text("\n".join(outer) + "\n")
    (folder / "a/.gitignore").write_text("\n".join(inner) + "\n")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    told = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"], cwd=folder, check=True, capture_output=True, text=True
    )
    assert paths(folder) == sorted(told.stdout.splitlines())


def test_what_a_listing_of_one_folder_marks_is_what_is_left_out(repository: Path) -> None:
    (repository / ".gitignore").write_text("*.log\nbuild/\n")
    (repository / "shelf" / ".gitignore").write_text("jar.*\n!jar.txt\n")
    names = [("box.py", False), ("jar.py", False), ("jar.txt", False), ("a.log", False), ("build", True)]
    assert left_out(repository, "shelf", names) == {"jar.py", "a.log", "build"}
    assert left_out(repository, "shelf/build/deep", names) == {name for name, _ in names}
    assert left_out(repository / "shelf", "", names) >= {"jar.py"}
    assert left_out(repository / "nowhere", "", names) == frozenset()
