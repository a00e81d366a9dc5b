"""The panel of the folder: its files as a tree that is read one folder at a time, when it is opened.

Reading happens in a thread, so a folder of a hundred thousand files costs what its first level costs.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message

from assistant.context.source_files import MADE_BY_TOOLS, left_out
from assistant.tui.drawing.untrusted import Plain
from assistant.tui.keymap import named
from assistant.tui.widgets.rows import Row, Rows

_LOOK_AGAIN = 3.0
"""Seconds after which opened folders are looked at for changes."""
_MOST = 20_000
"""Entries of one folder that are listed."""
_JUDGED = 4_000
"""Entries of one folder that are looked up in .gitignore."""


@dataclass(frozen=True)
class _Entry:
    """A file or folder: its path from the folder at the top, with `/`."""

    path: str
    is_folder: bool
    ignored: bool = False

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class _Listing:
    modified_ns: int
    entries: tuple[_Entry, ...]
    more: int = 0


class FilesPanel(Vertical):
    """The tree; files that git ignores are faint.

    Args:
        folder: the folder at the top.
    """

    DEFAULT_CSS = """
    FilesPanel {
        height: 1fr;
        & > .panel-title { height: 1; padding: 0 1; color: $foreground 60%; text-style: bold; }
        &:focus-within > .panel-title { color: $primary; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = named(
        "files",
        [
            Binding("right,l", "step(True)", "Open the folder", show=False, id="files.open_folder"),
            Binding("left,h", "step(False)", "Close the folder", show=False, id="files.close_folder"),
            Binding("at", "mention", "Mention the file in the prompt", show=False),
        ],
    )

    @dataclass
    class FileChosen(Message):
        """A file is to be opened: its path from the folder."""

        path: str

    @dataclass
    class Mentioned(Message):
        """A file or folder is to be mentioned in the prompt."""

        path: str

    def __init__(self, folder: Path) -> None:
        super().__init__(id="files")
        self._folder = folder
        self._listed: dict[str, _Listing] = {}
        self._opened: set[str] = {""}
        self._entries: list[tuple[_Entry | None, int]] = []
        self._current = ""

    def compose(self) -> ComposeResult:
        """Title and rows."""
        yield Plain("Files", classes="panel-title")
        rows = Rows(id="tree")
        rows.empty = "reading…"
        yield rows

    @property
    def rows(self) -> Rows:
        """The rows."""
        return self.query_one(Rows)

    def on_mount(self) -> None:
        """Look now and then whether something has changed."""
        self.set_interval(_LOOK_AGAIN, self._look_again)

    @work(exclusive=True, group="listing")
    async def list_folder(self) -> None:
        """Read the opened folders and show them."""
        await self._read([path for path in self._opened if path not in self._listed])
        self._show()

    async def _read(self, paths: list[str]) -> None:
        found = await asyncio.to_thread(lambda: {path: _scan(self._folder, path) for path in paths})
        self._listed |= found

    @work(exclusive=True, group="listing")
    async def _look_again(self) -> None:
        if not self.display or not self.app.screen_stack or self.screen is not self.app.screen:
            return
        known = {path: self._listed[path].modified_ns for path in self._opened if path in self._listed}
        changed = await asyncio.to_thread(
            lambda: [path for path, ns in known.items() if _modified(self._folder, path) != ns]
        )
        if changed:
            await self._read(changed)
            self._show()

    def _show(self) -> None:
        self._entries = []
        rows: list[Row] = []
        self._collect("", 0, rows)
        self.rows.empty = "an empty folder"
        self.rows.put(rows)

    def _collect(self, path: str, depth: int, rows: list[Row]) -> None:
        listing = self._listed.get(path)
        if listing is None:
            return
        for entry in listing.entries:
            opened = entry.path in self._opened
            sign = ("▾" if opened else "▸") if entry.is_folder else " "
            self._entries.append((entry, depth))
            rows.append(Row(entry.name, "", depth, sign, entry.path == self._current, entry.ignored))
            if opened:
                self._collect(entry.path, depth + 1, rows)
        if listing.more:
            self._entries.append((None, depth))
            rows.append(Row(f"{listing.more:,} more", "", depth, faint=True))

    def show_current(self, path: str) -> None:
        """The file that is open; "" for none."""
        if path != self._current:
            self._current = path
            self._show()

    @on(Rows.Chosen)
    def _choose(self, event: Rows.Chosen) -> None:
        event.stop()
        entry, _ = self._entries[event.index]
        if entry is not None and entry.is_folder:
            self._toggle(entry.path, entry.path not in self._opened)
        elif entry is not None:
            self.post_message(self.FileChosen(entry.path))

    def _toggle(self, path: str, opened: bool) -> None:
        if opened:
            self._opened.add(path)
            self._listed.pop(path, None)
            self.list_folder()
        else:
            self._opened.discard(path)
            self._show()

    def action_step(self, opened: bool) -> None:
        """Open or close the folder at hand; from within one that is closed, go to it."""
        if not self._entries:
            return
        entry, depth = self._entries[self.rows.at]
        if entry is not None and entry.is_folder and (entry.path in self._opened) != opened:
            self._toggle(entry.path, opened)
        elif opened:
            self.rows.action_move(1)
        elif depth:
            above = (i for i in range(self.rows.at, -1, -1) if self._entries[i][1] < depth)
            self.rows.mark(next(above, 0))

    def action_mention(self) -> None:
        """Put the file or folder into the prompt as a mention."""
        entry, _ = self._entries[self.rows.at] if self._entries else (None, 0)
        if entry is not None:
            self.post_message(self.Mentioned(entry.path + ("/" if entry.is_folder else "")))


def _modified(folder: Path, path: str) -> int:
    try:
        return (folder / path).stat().st_mtime_ns
    except (OSError, ValueError):
        return 0


def _scan(folder: Path, path: str) -> _Listing:
    """One folder: folders first, by name; what tools made is left out, and what git ignores is marked."""
    modified = _modified(folder, path)
    found = []
    try:
        with os.scandir(folder / path) as entries:
            for entry in entries:
                is_folder = entry.is_dir(follow_symlinks=False)
                if not (is_folder and entry.name in MADE_BY_TOOLS):
                    found.append(_Entry(f"{path}/{entry.name}" if path else entry.name, is_folder))
    except (OSError, ValueError):
        return _Listing(modified, ())
    found.sort(key=lambda one: (not one.is_folder, one.name.lower(), one.name))
    ignored = left_out(folder, path, ((one.name, one.is_folder) for one in found[:_JUDGED]))
    shown = (replace(one, ignored=True) if one.name in ignored else one for one in found[:_MOST])
    return _Listing(modified, tuple(shown), max(0, len(found) - _MOST))
