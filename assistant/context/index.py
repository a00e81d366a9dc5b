"""The names of all files of a folder, kept on disk by content, so that a second run parses changed files only.

A file whose size and time are as recorded is not even read; one that was touched is hashed, and parsed only if no
content like it is known. Many files are parsed in a pool of processes, and one that ends its process (a parser is C)
counts as having no names. What is kept is plain JSON in the user's cache folder; losing it costs time only.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from assistant.context.names import FORMAT, FileNames, names_of
from assistant.context.source_files import SourceFile, source_files
from assistant.errors import AssistantError
from assistant.ground.cores import allowed_cpus
from assistant.ground.files import write_whole
from assistant.ground.paths import cache_folder
from assistant.syntax import languages
from assistant.syntax.languages import detect

_WORTH_A_POOL = 1_500_000
"""Bytes to parse from which processes are faster than their start."""

_CHUNK = 100_000
_PARENT_PARSES = True
_SETTLED_NS = 2_000_000_000
"""A file changed this shortly before it was recorded may have been changed again within the clock's step."""


@dataclass(frozen=True)
class Index:
    """The names of a folder's files in known languages by path, all its paths, and how many files were parsed for it."""

    folder: Path
    files: dict[str, FileNames]
    paths: tuple[str, ...] = ()
    parsed: int = 0


@dataclass
class _Kept:
    """What is on disk: for each path its size, time and content hash, and for each hash the names."""

    recorded_ns: int
    paths: dict[str, tuple[int, int, str]]
    names: dict[str, Any]


@dataclass(frozen=True)
class _Work:
    """A file to be parsed, and the key that its names are kept under."""

    key: str
    folder: str
    path: str
    size: int


def index_folder(
    folder: Path, jobs: int = 0, progress: Callable[[int, int], None] | None = None, aside: bool = False
) -> Index:
    """The names of all source files of a folder.

    Args:
        jobs: processes to parse in; 0 takes the cores that this process may use.
        aside: parse in other processes only, since this one has a screen to draw.
        progress: told files done and files to do while parsing.

    Raises:
        AssistantError: there is no such folder.
    """
    if folder.is_file():
        raise AssistantError(f"cannot map {folder}", "it is a file", f"wizard-tui symbols {folder}")
    if not folder.is_dir():
        raise AssistantError(f"cannot map {folder}", "there is no such folder")
    store = _store(folder)
    kept = _load(store)
    now = time.time_ns()
    paths: dict[str, tuple[int, int, str]] = {}
    work: dict[str, _Work] = {}
    found = source_files(folder)
    for file in found:
        if detect(file.path) is None and "." in file.path.rpartition("/")[2]:
            continue
        digest = _unchanged(kept, file)
        if digest is None:
            digest = _digest(_read(folder / file.path))
            key = _key(file.path, digest)
            if digest and key not in kept.names:
                work[key] = _Work(key, str(folder), file.path, file.size)
        paths[file.path] = (file.size, file.modified_ns, digest)
    fresh = _parsed(list(work.values()), jobs, progress, aside)
    names = {_key(path, digest): None for path, (_, _, digest) in paths.items()}
    rows = {key: fresh.get(key, kept.names.get(key)) for key in names}
    if fresh or paths != kept.paths:
        _save(store, _Kept(now, paths, {key: row for key, row in rows.items() if row is not None}))
    files = {
        path: FileNames.from_json(row) if (row := rows[_key(path, digest)]) else FileNames()
        for path, (_, _, digest) in paths.items()
    }
    return Index(folder, files, tuple(file.path for file in found), len(fresh))


def _key(path: str, digest: str) -> str:
    """Content and the language that its path tells: the same text is read otherwise as C and as C++."""
    language = detect(path)
    return f"{digest}.{language.name if language else ''}"


def _unchanged(kept: _Kept, file: SourceFile) -> str | None:
    """The recorded content hash of a file that can be trusted not to have changed since."""
    known = kept.paths.get(file.path)
    if known is None or known[:2] != (file.size, file.modified_ns):
        return None
    if file.modified_ns > kept.recorded_ns - _SETTLED_NS:
        return None
    return known[2]


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=12).hexdigest() if data else ""


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _parsed(
    work: Sequence[_Work], jobs: int, progress: Callable[[int, int], None] | None, aside: bool
) -> dict[str, Any]:
    """The names of files to be parsed, as JSON rows by key."""
    done: dict[str, Any] = {}

    def took(rows: list[tuple[str, Any]]) -> None:
        done.update(rows)
        if progress:
            progress(len(done), len(work))

    jobs = jobs or len(allowed_cpus())
    worth = _WORTH_A_POOL // 5 if aside else _WORTH_A_POOL
    pooled = (jobs > 1 or aside) and sum(item.size for item in work) >= worth
    broken = _in_processes(_chunks(work), jobs, took, _PARENT_PARSES and jobs > 1 and not aside) if pooled else []
    if not pooled or (broken and not done and not _processes_start()):
        for item in work:
            took(_names_of([item]))
        return done
    for chunk in broken:
        # One of these files ends the process that parses it: each gets a process of its own.
        for item in chunk:
            if _in_processes([[item]], 1, took):
                took([(item.key, FileNames().to_json())])
    return done


def _processes_start() -> bool:
    """Whether this program's main module can be started again; one that was read from a pipe cannot."""
    return not _in_processes([[]], 1, lambda rows: None)


def _way_to_start() -> str:
    """A forked process has all modules and queries at once; where other threads may hold locks, one is started anew."""
    return "fork" if sys.platform == "linux" and threading.active_count() == 1 else "spawn"


def _in_processes(
    chunks: list[list[_Work]], jobs: int, took: Callable[[list[tuple[str, Any]]], None], helping: bool = False
) -> list[list[_Work]]:
    """Parse chunks side by side, this process `helping` or only waiting; the ones whose process died are returned."""
    way = _way_to_start()
    context = multiprocessing.get_context(way)
    if way == "spawn":
        # The tracker is handed stderr by its number, which the app's own stderr has none of.
        with contextlib.redirect_stderr(sys.__stderr__):
            resource_tracker.ensure_running()
    broken = []
    with ProcessPoolExecutor(max_workers=min(jobs - helping, len(chunks)), mp_context=context) as pool:
        futures = [(pool.submit(_names_of, chunk), chunk) for chunk in chunks]
        for future, chunk in reversed(futures) if helping else ():
            # Until the others have started and wherever they have not come to, this process parses itself.
            if future.cancel():
                took(_names_of(chunk))
        for future, chunk in futures:
            try:
                if not future.cancelled():
                    took(future.result())
            except BrokenProcessPool:
                broken.append(chunk)
    return broken


def _chunks(work: Sequence[_Work]) -> list[list[_Work]]:
    chunks: list[list[_Work]] = [[]]
    size = 0
    for item in work:
        if size > _CHUNK:
            chunks.append([])
            size = 0
        chunks[-1].append(item)
        size += item.size
    return chunks


def _names_of(items: list[_Work]) -> list[tuple[str, Any]]:
    """Read and parse files; one that is no longer what was to be parsed is left out."""
    rows = []
    for item in items:
        data = _read(Path(item.folder, item.path))
        if _key(item.path, _digest(data)) == item.key:
            rows.append((item.key, names_of(item.path, data).to_json()))
    return rows


def _store(folder: Path) -> Path:
    name = hashlib.blake2b(os.fsencode(folder.resolve()), digest_size=12).hexdigest()
    return cache_folder("maps") / f"{name}.json"


@functools.cache
def _edition() -> str:
    """What the stored names depend on besides the files: their format, and the queries."""
    digest = hashlib.blake2b(str(FORMAT).encode(), digest_size=12)
    for query in sorted(Path(languages.__file__).parent.glob("queries/*/symbols.scm")):
        digest.update(query.read_bytes())
    return digest.hexdigest()


def _load(store: Path) -> _Kept:
    try:
        stored = json.loads(store.read_bytes())
        if stored["edition"] == _edition():
            paths = {path: (size, time_ns, digest) for path, (size, time_ns, digest) in stored["paths"].items()}
            return _Kept(stored["recorded_ns"], paths, stored["names"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    return _Kept(0, {}, {})


def _save(store: Path, kept: _Kept) -> None:
    content = {"edition": _edition(), "recorded_ns": kept.recorded_ns, "paths": kept.paths, "names": kept.names}
    with contextlib.suppress(AssistantError, OSError):
        write_whole(store, json.dumps(content, separators=(",", ":")))
