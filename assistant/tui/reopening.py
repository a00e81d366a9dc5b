"""Opens again what was open in the folder when the app was last there, and keeps what is open for the next run.

It waits for nobody: what the user opens meanwhile stays in view, and the prompt keeps the keys.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from assistant.session.files.open_tabs import OpenTab, OpenTabs, keep_tabs, load_tabs
from assistant.tui.panels.buffer import Buffer

if TYPE_CHECKING:
    from assistant.tui.panels.open_files import OpenFiles


class Reopening:
    """The files of one panel, from one run to the next.

    Args:
        panel: that they are open in.
    """

    def __init__(self, panel: OpenFiles) -> None:
        self._panel = panel
        self._kept: OpenTabs | None = None
        """What is on disk; None until it was read."""

    async def reopen(self) -> None:
        """Open what was open, each file with its cursor where it was; what cannot be opened says so in its place."""
        panel = self._panel
        kept = await asyncio.to_thread(load_tabs, panel.folder)
        for tab in kept.tabs:
            await self._open(tab)
        wanted = kept.tabs[kept.at].path if kept.tabs else ""
        at = next((n for n, page in enumerate(panel.pages.all) if page.path == wanted), 0)
        if panel.pages.all and not any(page.view.display for page in panel.pages.all):
            panel.see(at)
        self._kept = kept

    async def _open(self, tab: OpenTab) -> None:
        known = {page.path for page in self._panel.pages.all}
        page = await self._panel.open_behind(tab.path)
        if isinstance(page, Buffer) and page.path not in known and not page.view.display:
            page.start = (tab.row, tab.column)

    async def keep(self) -> None:
        """Keep what is open now, if that has changed; nothing before `reopen` has read what was."""
        panel = self._panel
        now = OpenTabs(
            tuple(OpenTab(b.path, *b.place) for b in panel.buffers),
            panel.buffers.index(panel.buffer) if panel.buffer else 0,
        )
        if self._kept is not None and now != self._kept:
            self._kept = now
            await asyncio.to_thread(keep_tabs, panel.folder, now)
