"""Opens again what was open in the folder when the app was last there, and keeps what is open for the next run.

It waits for nobody: what the user opens meanwhile stays in view, and the prompt keeps the keys.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from assistant.errors import AssistantError
from assistant.session.files.open_tabs import OpenTab, OpenTabs, keep_tabs, load_tabs

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
        """Open what was open, each file with its cursor where it was; what is gone is named."""
        panel = self._panel
        kept = await asyncio.to_thread(load_tabs, panel.folder)
        missing = [tab.path for tab in kept.tabs if not await self._open(tab)]
        wanted = kept.tabs[kept.at].path if kept.tabs else ""
        at = next((n for n, buffer in enumerate(panel.buffers) if buffer.path == wanted), 0)
        if panel.buffers and not any(buffer.text.display for buffer in panel.buffers):
            panel.see(at)
        if missing:
            one = len(missing) == 1
            panel.notify(f"{', '.join(missing)} {'was' if one else 'were'} open here and cannot be opened any more.")
        self._kept = kept

    async def _open(self, tab: OpenTab) -> bool:
        known = {buffer.path for buffer in self._panel.buffers}
        try:
            buffer = await self._panel.open_behind(tab.path)
        except AssistantError:
            return False
        if buffer.path not in known and not buffer.text.display:
            buffer.start = (tab.row, tab.column)
        return True

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
