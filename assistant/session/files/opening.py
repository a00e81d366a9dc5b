"""Opens a file for the editor: a text to be edited, a large one to be read; or says why it cannot be and what helps.

What is no plain file is never opened: reading a pipe or a device would wait for ever.
"""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path

from assistant.errors import AssistantError
from assistant.session.files.large_file import EDITABLE, LargeFile
from assistant.session.files.open_file import OpenFile

_FIND = "Ctrl+O finds files by name"
_KINDS = (
    (stat.S_ISDIR, "it is a folder", "F5 shows what is in it"),
    (stat.S_ISFIFO, "it is a pipe, which has no text of its own", _FIND),
    (stat.S_ISSOCK, "it is a socket, which has no text of its own", _FIND),
    (stat.S_ISCHR, "it is a device, which has no text of its own", _FIND),
    (stat.S_ISBLK, "it is a device, which has no text of its own", _FIND),
)
"""What is no file, why that cannot be opened, and what helps."""


def open_for_editor(path: Path, shown: str) -> OpenFile | LargeFile:
    """Open a file.

    Args:
        shown: the path as the person knows it.

    Raises:
        AssistantError: it is missing, no plain file, binary, or cannot be read.
    """
    what = f"cannot open {shown}"
    try:
        status = path.stat()
        for is_such, why, hint in _KINDS:
            if is_such(status.st_mode):
                raise AssistantError(what, why, hint)
        return LargeFile(path) if status.st_size > EDITABLE else OpenFile(path)
    except AssistantError as error:
        if isinstance(error.__cause__, PermissionError):
            raise AssistantError(what, "you may not read it", _permit(path)) from error
        raise AssistantError(what, error.why, error.hint or _look_inside(shown)) from error
    except PermissionError as error:
        raise AssistantError(what, "you may not look into its folder", _permit(path)) from error
    except FileNotFoundError as error:
        raise AssistantError(what, _missing(path), _FIND) from error
    except (OSError, ValueError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise AssistantError(what, why[:1].lower() + why[1:], _FIND) from error


def trace(path: Path) -> tuple[int, ...]:
    """What tells without reading it whether a file has become another one, or may be read now."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return ()
    return status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _missing(path: Path) -> str:
    if path.is_symlink():
        return f"it is a link to {path.readlink()}, and there is nothing there"
    return "there is no such file"


def _permit(path: Path) -> str:
    """The command that lets its reader read, for the first part of the path that does not."""
    for folder in reversed(path.parents):
        try:
            os.stat(f"{folder}/.")  # noqa: PTH116 - a Path has no dot at its end, which is what looks into the folder
        except PermissionError:
            return f"chmod u+rx {shlex.quote(str(folder))}"
        except OSError:
            break
    return f"chmod u+r {shlex.quote(str(path))}"


def _look_inside(shown: str) -> str:
    return f"xxd {shlex.quote(shown)} | less shows its bytes"
