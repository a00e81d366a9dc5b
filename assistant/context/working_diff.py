"""What has changed in a folder since its last commit, as a unified diff, without running what its repository configures.

A repository's own configuration can name programs that git runs for a diff (filters, text converters, file monitors).
So git is pointed at a repository directory of our own, with a configuration of our own, that borrows the objects,
references and index of the real one. Files that git does not know are shown as new.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from assistant.errors import AssistantError

_SECONDS = 30
_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tpreloadIndex = false\n"
_LARGEST_DIFF = 2_000_000


def working_diff(folder: Path) -> str:
    """The diff of a folder's files against the last commit; empty if nothing has changed.

    Raises:
        AssistantError: git is not installed, the folder is in no repository, or git could not read it.
    """
    git = shutil.which("git")
    if git is None:
        raise AssistantError("cannot show what has changed", "git is not installed")
    root = next((place for place in (folder.resolve(), *folder.resolve().parents) if (place / ".git").exists()), None)
    if root is None:
        raise AssistantError("cannot show what has changed", f"{folder} is in no git repository", "git init")
    with tempfile.TemporaryDirectory(prefix="wizard-diff-") as place:
        own = Path(place) / "git"
        environment = _borrow(_real_directory(root), own, root)
        known = ["add", "--intent-to-add", "--ignore-errors", "--", str(folder.resolve())]
        _run(git, known, root, environment)
        shown = ["diff", "--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=all"]
        against = (
            ["HEAD"] if _run(git, ["rev-parse", "--verify", "-q", "HEAD"], root, environment).returncode == 0 else []
        )
        result = _run(git, [*shown, *against, "--", str(folder.resolve())], root, environment)
    if result.returncode != 0:
        reason = result.stderr.decode("utf-8", "replace").strip().splitlines()
        raise AssistantError("cannot show what has changed", reason[-1] if reason else "git failed")
    return result.stdout[:_LARGEST_DIFF].decode("utf-8", "replace")


def _real_directory(root: Path) -> Path:
    """The directory of a repository's data; `.git` may be a file that names it (worktrees, submodules)."""
    marker = root / ".git"
    if marker.is_dir():
        return marker
    try:
        words = marker.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise AssistantError("cannot show what has changed", f"{marker} cannot be read") from error
    return (root / words.removeprefix("gitdir:").strip()).resolve()


def _borrow(real: Path, own: Path, root: Path) -> dict[str, str]:
    """Lay out a repository directory that has the real one's state and none of its configuration."""
    common = real
    if (real / "commondir").is_file():
        common = (real / (real / "commondir").read_text(encoding="utf-8").strip()).resolve()
    own.mkdir()
    (own / "objects" / "info").mkdir(parents=True)
    (own / "config").write_text(_CONFIG, encoding="utf-8")
    # New objects (the empty blob of an unknown file) land in our own directory, the real ones are only read.
    (own / "objects" / "info" / "alternates").write_text(f"{common / 'objects'}\n", encoding="utf-8")
    for name, source in (("HEAD", real), ("index", real), ("packed-refs", common)):
        if (source / name).is_file():
            shutil.copyfile(source / name, own / name)
    (own / "refs").symlink_to(common / "refs") if (common / "refs").is_dir() else (own / "refs").mkdir()
    (own / "info").mkdir()
    if (common / "info" / "exclude").is_file():
        shutil.copyfile(common / "info" / "exclude", own / "info" / "exclude")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {
        "GIT_DIR": str(own),
        "GIT_WORK_TREE": str(root),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "LC_ALL": "C.UTF-8",
    }


def _run(git: str, words: list[str], root: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            [git, "--no-pager", *words],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise AssistantError("cannot show what has changed", f"git took more than {_SECONDS} seconds") from error
    except OSError as error:
        raise AssistantError("cannot show what has changed", (error.strerror or "git cannot run").lower()) from error
