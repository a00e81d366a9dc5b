"""The files of the editor in the order of their tabs, which one is seen, and those that could not be opened among them.

This opens and shows them; what is typed into them, saved and closed is `open_files`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from textual.widget import Widget

from assistant.errors import AssistantError
from assistant.session.files.large_file import LargeFile
from assistant.session.files.opening import open_for_editor, trace
from assistant.tui.panels.buffer import Buffer, Disk, Refused
from assistant.tui.widgets.code_editor import CodeEditor
from assistant.tui.widgets.tab_strip import Tab

Page = TypeVar("Page", Buffer, Refused)
_SIGNS = {Disk.GONE: "✕", Disk.CHANGED: "!"}


class Pages:
    """Files and the widgets that show them.

    Args:
        folder: that paths are relative to.
        place: where the widgets are mounted.
        opened: told each file that was opened, once it is mounted.
    """

    def __init__(self, folder: Path, place: Callable[[], Widget], opened: Callable[[Buffer], None]) -> None:
        self._folder = folder
        self._place = place
        self._opened = opened
        self._all: list[Buffer | Refused] = []
        self.at = 0
        """The index of the page that is seen."""

    @property
    def all(self) -> tuple[Buffer | Refused, ...]:
        """In the order of their tabs."""
        return tuple(self._all)

    @property
    def seen(self) -> Buffer | Refused | None:
        """The page that is seen; None where there is none."""
        return self._all[self.at] if self._all else None

    async def open(self, path: str) -> Buffer | Refused:
        """Open a file, if need be, without seeing it."""
        path = self._name(path)
        if isinstance(known := self._known(path), Buffer):
            return known
        looked = await asyncio.to_thread(trace, self._folder / path)
        try:
            file = await asyncio.to_thread(open_for_editor, self._folder / path, path)
        except AssistantError as error:
            return await self._refuse(path, error, looked)
        # Someone may have opened it while it was read.
        if isinstance(known := self._known(path), Buffer):
            return known
        if isinstance(file, LargeFile):
            text = CodeEditor(file.lines, None)
            text.read_only = True
        else:
            text = CodeEditor(file.saved_text, file.language)
        buffer = await self._put(Buffer(file, path, text))
        self._opened(buffer)
        return buffer

    async def _refuse(self, path: str, error: AssistantError, looked: tuple[int, ...]) -> Buffer | Refused:
        if isinstance(known := self._known(path), Refused):
            known.view.show(error)
            known.looked = looked
        return known or await self._put(Refused(path, error, looked))

    async def _put(self, page: Page) -> Page:
        """Add a page, or put it in the place of the one that told why there was none."""
        refused = self._known(page.path)
        page.view.display = refused is not None and refused.view.display
        if refused is None:
            self._all.append(page)
        else:
            self._all[self._all.index(refused)] = page
            await refused.view.remove()
        await self._place().mount(page.view)
        return page

    async def try_refused(self) -> bool:
        """Open those that have become another since they could not be opened; whether there were any."""
        changed = [
            page.path
            for page in self._all
            if isinstance(page, Refused) and await asyncio.to_thread(trace, self._folder / page.path) != page.looked
        ]
        for path in changed:
            await self.open(path)
        return bool(changed)

    def see(self, index: int) -> None:
        """Another of them, the nearest to `index`."""
        self.at = max(0, min(index, len(self._all) - 1))
        for number, page in enumerate(self._all):
            page.view.display = number == self.at

    async def remove(self, page: Buffer | Refused) -> None:
        """Close it; its neighbour is seen."""
        index = self._all.index(page)
        self._all.remove(page)
        self.see(self.at - (index < self.at))
        await page.view.remove()

    def tabs(self) -> list[Tab]:
        """The names, and what is to be said of each."""
        names = [page.name for page in self._all]
        return [
            Tab(
                page.path if names.count(page.name) > 1 else page.name,
                "✕" if isinstance(page, Refused) else _SIGNS.get(page.disk) or ("●" if page.dirty else ""),
            )
            for page in self._all
        ]

    def _known(self, path: str) -> Buffer | Refused | None:
        return next((page for page in self._all if page.path == path), None)

    def _name(self, path: str) -> str:
        """One name for one file: `./a.py` and the whole path are `a.py`."""
        try:
            return (self._folder / path).resolve().relative_to(self._folder.resolve()).as_posix()
        except (OSError, ValueError, RuntimeError):
            return path
