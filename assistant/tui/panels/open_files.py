"""The open files of the editor: opened, switched between, saved, closed, and watched on disk.

Saving never overwrites what someone else wrote without a yes, nothing unsaved is closed without one, and what is typed
outlives a crash but for its last second. What is seen of them is `editor`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message

from assistant.errors import AssistantError
from assistant.session.files.open_file import OpenFile
from assistant.tui.keymap import named
from assistant.tui.panels.buffer import Buffer, Disk, Refused
from assistant.tui.panels.pages import Pages
from assistant.tui.reopening import Reopening
from assistant.tui.screens.ask import Confirm
from assistant.tui.widgets.code_editor import CodeEditor
from assistant.tui.widgets.refusal import Refusal
from assistant.tui.widgets.tab_strip import TabStrip

_KEEP_SECONDS = 1.0
_LOOK_SECONDS = 1.5


class OpenFiles(Vertical):
    """The files, one seen at a time, in a container `#texts` below a TabStrip.

    Args:
        folder: that paths are relative to.
    """

    BINDINGS: ClassVar[list[BindingType]] = named(
        "editor",
        [
            Binding("ctrl+s", "save", "Save", key_display="^S", priority=True),
            Binding("ctrl+w", "close", "Close the file", show=False, priority=True),
            Binding("ctrl+pagedown", "tab(1)", "Next file", show=False, priority=True),
            Binding("ctrl+pageup", "tab(-1)", "Previous file", show=False, priority=True),
        ],
    )

    @dataclass
    class Switched(Message):
        """Another file is seen, or none: its path, "" for none."""

        path: str

    def __init__(self, folder: Path) -> None:
        super().__init__(id="editor")
        self.folder = folder
        self.pages = Pages(folder, lambda: self.query_one("#texts"), self._opened)
        self.reopening = Reopening(self)

    def on_mount(self) -> None:
        """Keep what is typed, and look whether someone else writes."""
        self.set_interval(_KEEP_SECONDS, self._keep)
        self.set_interval(_LOOK_SECONDS, self.look_at_disk)

    @property
    def has_file(self) -> bool:
        """Whether there is a file to be seen, or why there is none."""
        return bool(self.pages.all)

    @property
    def buffer(self) -> Buffer | None:
        """The open file that is seen."""
        return self.pages.seen if isinstance(self.pages.seen, Buffer) else None

    @property
    def buffers(self) -> tuple[Buffer, ...]:
        """All open files."""
        return tuple(page for page in self.pages.all if isinstance(page, Buffer))

    @property
    def text(self) -> CodeEditor | None:
        """The text of the file that is seen."""
        return self.buffer.text if self.buffer else None

    def focus_text(self) -> None:
        """To the text."""
        if self.pages.seen is not None:
            self.pages.seen.view.focus()

    # -- opening, switching, closing

    async def open_path(self, path: str) -> Buffer | None:
        """See a file, opening it if need be; None where that is not possible: why not is seen in its place."""
        page = await self.open_behind(path)
        self.see(self.pages.all.index(page))
        return page if isinstance(page, Buffer) else None

    async def open_behind(self, path: str) -> Buffer | Refused:
        """Open a file, if need be, without seeing it."""
        return await self.pages.open(path)

    def _opened(self, buffer: Buffer) -> None:
        if buffer.file is None:
            self.notify("It is large, so it can only be read.")
        elif buffer.file.kept() is not None:
            self._offer_kept(buffer, buffer.file)

    @work
    async def _offer_kept(self, buffer: Buffer, file: OpenFile) -> None:
        kept = file.kept()
        yes = await self._agreed(buffer, "Take up unsaved text of an earlier run?")
        if yes and kept is not None:
            buffer.text.replace_all(kept)
        else:
            file.drop_swap()

    def see(self, index: int) -> None:
        """Another of the files."""
        self.pages.see(index)
        if self.buffer is not None and self.buffer.start is not None:
            self.call_after_refresh(self.buffer.text.go_to, self.buffer.start)
            self.buffer.start = None
        self.show_tabs()
        self.post_message(self.Switched(self.pages.seen.path if self.pages.seen else ""))

    def action_tab(self, step: int) -> None:
        """To the next file, or the one before."""
        if self.pages.all:
            self.see((self.pages.at + step) % len(self.pages.all))
            self.focus_text()

    @on(TabStrip.Chosen)
    def _choose_tab(self, event: TabStrip.Chosen) -> None:
        event.stop()
        if event.closing:
            self._close(self.pages.all[event.index])
        else:
            self.see(event.index)
            self.focus_text()

    def action_close(self) -> None:
        """Close the file that is seen."""
        if self.pages.seen is not None:
            self._close(self.pages.seen)

    @on(Refusal.TriedAgain)
    async def _try_again(self, event: Refusal.TriedAgain) -> None:
        event.stop()
        page = next((page for page in self.pages.all if page.view is event.refusal), None)
        if page is not None and await self.open_path(page.path) is not None:
            self.focus_text()

    @work
    async def _close(self, page: Buffer | Refused) -> None:
        if isinstance(page, Buffer):
            page.settle()
            if page.asking or (
                page.dirty and not await self._agreed(page, "Close without saving? What you typed is lost.")
            ):
                return
            page.forget()
        had_focus = page.view.has_focus
        await self.pages.remove(page)
        self.see(self.pages.at)
        if had_focus:
            self.focus_text()

    async def may_leave(self) -> bool:
        """Whether nothing unsaved is lost by leaving, or the user agrees."""
        for buffer in self.buffers:
            buffer.settle()
        unsaved = [buffer for buffer in self.buffers if buffer.dirty]
        if unsaved:
            names = ", ".join(buffer.path for buffer in unsaved)
            if not await self.app.push_screen_wait(Confirm("Leave without saving? What you typed is lost.", names)):
                return False
        for buffer in unsaved:
            buffer.forget()
        return True

    # -- disk

    @work
    async def action_save(self) -> None:
        """Save; what someone else wrote is overwritten after a yes only."""
        if (buffer := self.buffer) is None:
            return
        try:
            if buffer.changed_on_disk() and not await self._agreed(buffer, "It was changed on disk. Overwrite it?"):
                return
            buffer.save()
            self.notify(f"Saved {buffer.path}.")
        except AssistantError as error:
            self.notify(error.sentence(), severity="error")
        self.show_tabs()

    @work(exclusive=True, group="keep")
    async def _keep(self) -> None:
        for buffer in self.buffers:
            await buffer.keep()
        await self.reopening.keep()

    @work(exclusive=True, group="disk")
    async def look_at_disk(self) -> None:
        """Take what someone else wrote; over text that is not saved only after a yes."""
        await self._look_at_refused()
        for buffer in self.buffers:
            if not await buffer.look_at_disk():
                continue
            if buffer.disk is Disk.GONE:
                self.notify(f"{buffer.path} is gone from disk; Ctrl+S writes it again.", severity="warning")
            elif not buffer.dirty:
                self._take_from_disk(buffer)
            elif not buffer.asking:
                self._offer_disk(buffer)
            self.show_tabs()

    async def _look_at_refused(self) -> None:
        focused = self.pages.seen is not None and self.pages.seen.view.has_focus
        if await self.pages.try_refused():
            self.see(self.pages.at)
            if focused:
                self.focus_text()

    @work(group="offer")
    async def _offer_disk(self, buffer: Buffer) -> None:
        if await self._agreed(buffer, "It was changed on disk. Show that, and lose what you typed?"):
            self._take_from_disk(buffer)

    def _take_from_disk(self, buffer: Buffer) -> None:
        try:
            buffer.take_from_disk()
            self.notify(f"{buffer.path} was changed on disk; this is what it is now.")
        except AssistantError as error:
            self.notify(error.sentence(), severity="warning")
        self.show_tabs()

    async def _agreed(self, buffer: Buffer, question: str) -> bool:
        buffer.asking = True
        try:
            yes = await self.app.push_screen_wait(Confirm(question, buffer.path))
            return bool(yes)
        finally:
            buffer.asking = False

    def show_tabs(self) -> None:
        """The names, and what is to be said of each."""
        self.query_one(TabStrip).put(self.pages.tabs(), self.pages.at)
