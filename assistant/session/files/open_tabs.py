"""Which files were open in a folder, and where one stood in each: kept beside the app's state for the next run.

Only names and places are kept, never texts. What cannot be read counts as nothing having been open.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import astuple, dataclass
from pathlib import Path

from assistant.errors import AssistantError
from assistant.ground.files import write_whole
from assistant.ground.paths import state_folder

MOST = 30
"""Files that are opened again."""


@dataclass(frozen=True)
class OpenTab:
    """An open file: its path as it is shown, and the cursor's row and column (from 0)."""

    path: str
    row: int = 0
    column: int = 0


@dataclass(frozen=True)
class OpenTabs:
    """The open files in their order, and which of them was seen."""

    tabs: tuple[OpenTab, ...] = ()
    at: int = 0


def load_tabs(folder: Path) -> OpenTabs:
    """What was open in a folder when the app was last there."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, RecursionError, AssistantError):
        kept = json.loads(_file(folder).read_text(encoding="utf-8", errors="surrogateescape"))
        tabs = tuple(
            OpenTab(path, max(0, row), max(0, column))
            for path, row, column in kept["tabs"][:MOST]
            if isinstance(path, str) and path and type(row) is int and type(column) is int
        )
        at = kept["at"]
        return OpenTabs(tabs, at if type(at) is int and 0 <= at < len(tabs) else 0)
    return OpenTabs()


def keep_tabs(folder: Path, open_tabs: OpenTabs) -> None:
    """Keep it; where nothing can be written, the next run begins with no file open."""
    with contextlib.suppress(OSError, AssistantError):
        kept = {"tabs": [astuple(tab) for tab in open_tabs.tabs[:MOST]], "at": open_tabs.at}
        write_whole(_file(folder), json.dumps(kept))


def _file(folder: Path) -> Path:
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:24]
    return state_folder("tabs") / f"{name}.json"
