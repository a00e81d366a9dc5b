"""The folder whose files may be changed, and the paths that are refused.

A path is judged by where it really leads: `..`, absolute paths and symbolic links out of the folder are refused, and
so is everything inside `.git`. This decides about paths only; it reads and writes nothing.
"""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from assistant.errors import AssistantError


class PathRefused(AssistantError):
    """A path that no edit may touch."""


@dataclass(frozen=True)
class Workspace:
    """A folder, with its real path as root."""

    root: Path

    @classmethod
    def at(cls, folder: Path) -> Workspace:
        """The workspace of an existing folder.

        Raises:
            AssistantError: it is no folder.
        """
        if not folder.is_dir():
            raise AssistantError(f"cannot work in {folder}", "it is not a folder")
        return cls(folder.resolve())

    def target(self, path: str) -> Path:
        """The file that `path` (relative, or absolute inside the workspace) really names; it need not exist.

        Raises:
            PathRefused: it leads outside the workspace or into `.git`, or is no usable name.
        """
        if not path or "\0" in path or path.startswith("~") or any(ord(character) < 32 for character in path):
            raise PathRefused(f"will not write to {path!r}", "this is not a usable file name")
        try:
            real = (self.root / path).resolve()
            inside = real.relative_to(self.root)
        except (ValueError, OSError, RuntimeError):
            raise PathRefused(f"will not write to {path}", f"it is outside {self.root}") from None
        named = PurePosixPath(path).parts + inside.parts
        if not inside.parts or any(_is_git(part) for part in named):
            raise PathRefused(
                f"will not write to {path}", "it belongs to git" if inside.parts else "it is the folder itself"
            )
        return real

    def name(self, file: Path) -> str:
        """The path of `file` relative to the workspace, with forward slashes."""
        return file.resolve().relative_to(self.root).as_posix()


def _is_git(part: str) -> bool:
    """Whether a part of a path is git's own folder on some file system: in any case, with an ignored ending or stream."""
    seen = "".join(character for character in part if unicodedata.category(character) != "Cf")
    return seen.casefold().partition(":")[0].rstrip(". ") in (".git", "git~1")


def folder_of(file: Path) -> Path:
    """The folder that a file's changes are kept under: its git work tree, else where the command runs, else its own.

    It is the folder where the file is named, not where a link leads: a link out of it is refused by `Workspace.target`.
    The work tree is found by looking for `.git`; git itself, and what a repository tells it to run, is not started.
    """
    named = Path(os.path.abspath(file))  # noqa: PTH100 - resolving would follow the link that is to be noticed
    for parent in named.parents:
        if (parent / ".git").exists():
            return parent
    here = Path.cwd()
    if named.is_relative_to(here) or named.parent.resolve().is_relative_to(here):
        return here
    return named.parent
