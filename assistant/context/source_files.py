"""Which files of a folder count as its source: those that .gitignore does not leave out.

The ignore files are read here, by git's rules; git itself is never run, so nothing that a strange repository
configures is. Links are not followed, and what is no text, is huge, or is known to be made by tools is left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pathspec

LARGEST_SOURCE = 1_000_000
MADE_BY_TOOLS = frozenset(
    (
        *(".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", ".tox", ".nox", ".mypy_cache", ".ruff_cache"),
        *(".pytest_cache", ".hypothesis", ".idea", ".gradle", ".terraform", ".eggs"),
    )
)
_MADE_ENDINGS = (".min.js", ".min.css", ".map", ".lock", "-lock.json", ".ipynb", ".svg")


@dataclass(frozen=True)
class SourceFile:
    """A file of a folder: its path from there (with `/`), and what its directory entry says of it."""

    path: str
    size: int
    modified_ns: int


@dataclass(frozen=True)
class _Rules:
    """The patterns of one ignore file, and the folder (with a final `/`, or empty) that they are relative to."""

    folder: str
    spec: pathspec.GitIgnoreSpec


def source_files(folder: Path) -> tuple[SourceFile, ...]:
    """The source files of a folder, by path."""
    return tuple(sorted(iterate_source_files(folder), key=lambda file: file.path))


def iterate_source_files(folder: Path, every: bool = False) -> Iterator[SourceFile]:
    """The source files of a folder as they are found; with `every` also large ones, links to files and what tools wrote."""
    outer, prefix = _outer_rules(folder)
    return _walk(str(folder), "", prefix, outer, every)


def left_out(folder: Path, inside: str, names: Iterable[tuple[str, bool]]) -> frozenset[str]:
    """Which names of one folder .gitignore leaves out: all of them, where it leaves out the folder.

    Args:
        folder: the folder at the top.
        inside: the one whose names these are, from there; "" for the top.
        names: each with whether it is a folder.
    """
    rules, prefix = _outer_rules(folder)
    steps = inside.split("/") if inside else []
    at = ""
    for step in (*steps, ""):
        own = _rules_of(Path(folder, at, ".gitignore"), prefix + at)
        rules = (*rules, own) if own else rules
        at = f"{at}{step}/" if step else at
        if step and _ignored(prefix + at, rules):
            return frozenset(name for name, _ in names)
    if not rules:
        return frozenset()
    return frozenset(name for name, is_folder in names if _ignored(f"{prefix}{at}{name}{'/' * is_folder}", rules))


def _walk(folder: str, inside: str, prefix: str, rules: tuple[_Rules, ...], every: bool) -> Iterator[SourceFile]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    own = _rules_of(Path(folder, ".gitignore"), prefix + inside)
    rules = (*rules, own) if own else rules
    for entry in entries:
        path = inside + entry.name
        try:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in MADE_BY_TOOLS and not _ignored(prefix + path + "/", rules):
                    yield from _walk(entry.path, path + "/", prefix, rules, every)
            elif entry.is_file(follow_symlinks=every) and (every or not entry.name.endswith(_MADE_ENDINGS)):
                status = entry.stat(follow_symlinks=every)
                if (every or status.st_size <= LARGEST_SOURCE) and not _ignored(prefix + path, rules):
                    yield SourceFile(path, status.st_size, status.st_mtime_ns)
        except OSError:
            continue


def _ignored(path: str, rules: tuple[_Rules, ...]) -> bool:
    """Whether the nearest ignore file that says something about a path leaves it out."""
    for one in reversed(rules):
        verdict = one.spec.check_file(path[len(one.folder) :]).include
        if verdict is not None:
            return verdict
    return False


def _rules_of(file: Path, folder: str) -> _Rules | None:
    try:
        if not file.is_file() or file.stat().st_size > LARGEST_SOURCE:
            return None
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        # To git `a/**` speaks of what is in `a`; to pathspec it speaks of `a/` too, if it is not written like this.
        lines = [f"{line.rstrip()}/*" if line.rstrip().endswith("/**") else line for line in lines]
        return _Rules(folder, pathspec.GitIgnoreSpec.from_lines(lines))
    except (OSError, ValueError):
        return None


def _outer_rules(folder: Path) -> tuple[tuple[_Rules, ...], str]:
    """The ignore files above a folder up to its repository's root, and the folder's path from that root."""
    folder = folder.resolve()
    root = next((place for place in (folder, *folder.parents) if (place / ".git").exists()), folder)
    steps = folder.relative_to(root).parts
    rules = [_rules_of(root / ".git" / "info" / "exclude", "")]
    for depth in range(len(steps)):
        inside = "".join(f"{step}/" for step in steps[:depth])
        rules.append(_rules_of(root / inside / ".gitignore", inside))
    found = tuple(one for one in rules if one)
    prefix = "".join(f"{step}/" for step in steps)
    ignored = any(_ignored("".join(f"{step}/" for step in steps[: depth + 1]), found) for depth in range(len(steps)))
    # A folder that is asked for by name is wanted, whatever a repository around it says.
    return ((), "") if ignored else (found, prefix)
