"""Files that are replaced whole or not at all.

Everything that the programs write under a name that someone relies on goes through here: the bytes are staged in the
target's own folder, flushed to the disk and renamed, so a crash or a full disk leaves the old file. This does not
know what an edit is; undo and conflict checks belong to `assistant.editing`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from assistant.errors import AssistantError, cause_of

STAGING_SUFFIX = ".partial"
_IN_MEMORY = "/dev/shm"


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a staging path beside `path`; it takes the place of `path` when the block ends without an error.

    Mode and (where permitted) owner of an existing file are kept, and a symbolic link keeps pointing where it does.

    Raises:
        AssistantError: the folder is missing or cannot be written, or the disk is full.
    """
    target = path.resolve()
    with _explained(path):
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=STAGING_SUFFIX)
        os.close(handle)
        staged = Path(name)
        try:
            yield staged
            _take_attributes(target, staged)
            sync(staged)
            staged.replace(target)
        except BaseException:
            staged.unlink(missing_ok=True)
            raise
        sync(target.parent)


def write_whole(path: Path, content: bytes | str) -> None:
    """Replace `path` by `content` (text is UTF-8) in one step."""
    data = content.encode() if isinstance(content, str) else content
    with replacing(path) as staged:
        staged.write_bytes(data)


def nameless_file() -> IO[bytes]:
    """A new file to write and read that no folder shows, in memory where the system has that; it goes when closed.

    Raises:
        OSError: the system gives none.
    """
    # Python builds for many systems (uv's and conda's) were long without this, and an old kernel says no.
    if hasattr(os, "memfd_create"):
        with contextlib.suppress(OSError):
            return os.fdopen(os.memfd_create("nameless"), "w+b")
    return tempfile.TemporaryFile(dir=_IN_MEMORY if os.access(_IN_MEMORY, os.W_OK) else None)


def discard_staged(path: Path) -> None:
    """Remove what a killed process left beside `path`; only for a caller that knows that none is writing it now."""
    target = path.resolve()
    import glob

    for stray in target.parent.glob(f".{glob.escape(target.name)}.*{STAGING_SUFFIX}"):
        stray.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until the disk holds the file or folder at `path`."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def require_space(folder: Path, needed: int) -> None:
    """Raise an AssistantError when `folder`'s disk has fewer than `needed` bytes free."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise AssistantError(
            f"cannot write to {folder}",
            f"it needs {human_bytes(needed)} and the disk has {human_bytes(free)} free",
            "free some space, or choose another folder",
        )


def same_file(one: Path, other: Path) -> bool:
    """Whether both paths name the same bytes on disk (links included); false when either is missing."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def human_bytes(count: float) -> str:
    """A size for people, in decimal units: `94.3 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def _take_attributes(target: Path, staged: Path) -> None:
    if not target.exists():
        umask = os.umask(0)
        os.umask(umask)
        staged.chmod(0o666 & ~umask)
        return
    status = target.stat()
    with contextlib.suppress(PermissionError):
        os.chown(staged, status.st_uid, status.st_gid)
    staged.chmod(stat.S_IMODE(status.st_mode))


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise AssistantError(
                f"cannot write {path}", "the disk is full", "free some space and run it again"
            ) from error
        if error.errno == errno.ENOENT and not path.parent.exists():
            hint = f"mkdir -p {path.parent}"
            raise AssistantError(f"cannot write {path}", f"there is no folder {path.parent}", hint) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.EISDIR, errno.ENOTDIR):
            raise AssistantError(f"cannot write {path}", cause_of(error), "choose another place") from error
        raise
