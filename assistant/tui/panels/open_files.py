"""The open files of the editor: opened, switched between, saved, closed, and watched on disk.

Saving never overwrites what someone else wrote without a yes, nothing unsaved is closed without one, and what is typed
outlives a crash but for its last second. What is seen of them is `editor`'s.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message

from assistant.errors import AssistantError
from assistant.session.files.large_file import EDITABLE, LargeFile
from assistant.session.files.open_file import OpenFile
from assistant.tui.keymap import named
from assistant.tui.panels.buffer import Buffer, Disk
from assistant.tui.reopening import Reopening
from assistant.tui.screens.ask import Confirm
from assistant.tui.widgets.code_editor import CodeEditor
from assistant.tui.widgets.tab_strip import Tab, TabStrip

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
        self._buffers: list[Buffer] = []
        self._at = 0
        self.reopening = Reopening(self)

    def on_mount(self) -> None:
        """Keep what is typed, and look whether someone else writes."""
        self.set_interval(_KEEP_SECONDS, self._keep)
        self.set_interval(_LOOK_SECONDS, self.look_at_disk)

    @property
    def has_file(self) -> bool:
        """Whether a file is open."""
        return bool(self._buffers)

    @property
    def buffer(self) -> Buffer | None:
        """The file that is seen."""
        return self._buffers[self._at] if self._buffers else None

    @property
    def buffers(self) -> tuple[Buffer, ...]:
        """All open files."""
        return tuple(self._buffers)

    @property
    def text(self) -> CodeEditor | None:
        """The text of the file that is seen."""
        return self.buffer.text if self.buffer else None

    def focus_text(self) -> None:
        """To the text."""
        if self.text is not None:
            self.text.focus()

    # -- opening, switching, closing

    async def open_path(self, path: str) -> Buffer | None:
        """See a file, opening it if need be; None where that is not possible, which is said."""
        try:
            buffer = await self.open_behind(path)
        except AssistantError as error:
            self.notify(error.sentence(), severity="warning")
            return None
        self.see(self._buffers.index(buffer))
        return buffer

    async def open_behind(self, path: str) -> Buffer:
        """Open a file, if need be, without seeing it.

        Raises:
            AssistantError: it is missing, binary or cannot be read.
        """
        path = _relative(self.folder, path)
        known = self._known(path)
        if known is not None:
            return known
        file = await asyncio.to_thread(_read, self.folder / path)
        # Someone may have opened it while it was read.
        return self._known(path) or await self._add(file, path)

    def _known(self, path: str) -> Buffer | None:
        return next((buffer for buffer in self._buffers if buffer.path == path), None)

    async def _add(self, file: OpenFile | LargeFile, path: str) -> Buffer:
        if isinstance(file, LargeFile):
            text = CodeEditor(file.lines, None)
            text.read_only = True
            self.notify("It is large, so it can only be read.")
        else:
            text = CodeEditor(file.saved_text, file.language)
        text.display = False
        buffer = Buffer(file, path, text)
        self._buffers.append(buffer)
        await self.query_one("#texts").mount(text)
        if isinstance(file, OpenFile) and file.kept() is not None:
            self._offer_kept(buffer, file)
        return buffer

    @work
    async def _offer_kept(self, buffer: Buffer, file: OpenFile) -> None:
        kept = file.kept()
        yes = await self._agreed(buffer, "Take up unsaved text of an earlier run?")
        if yes and kept is not None:
            buffer.text.replace_all(kept)
        else:
            file.drop_swap()

    def see(self, index: int) -> None:
        """Another of the open files."""
        self._at = max(0, min(index, len(self._buffers) - 1))
        for number, buffer in enumerate(self._buffers):
            buffer.text.display = number == self._at
        if self.buffer is not None and self.buffer.start is not None:
            self.call_after_refresh(self.buffer.text.go_to, self.buffer.start)
            self.buffer.start = None
        self.show_tabs()
        self.post_message(self.Switched(self.buffer.path if self.buffer else ""))

    def action_tab(self, step: int) -> None:
        """To the next file, or the one before."""
        if self._buffers:
            self.see((self._at + step) % len(self._buffers))
            self.focus_text()

    @on(TabStrip.Chosen)
    def _choose_tab(self, event: TabStrip.Chosen) -> None:
        event.stop()
        if event.closing:
            self._close(self._buffers[event.index])
        else:
            self.see(event.index)
            self.focus_text()

    def action_close(self) -> None:
        """Close the file that is seen."""
        if self.buffer is not None:
            self._close(self.buffer)

    @work
    async def _close(self, buffer: Buffer) -> None:
        buffer.settle()
        if buffer.asking or (
            buffer.dirty and not await self._agreed(buffer, "Close without saving? What you typed is lost.")
        ):
            return
        buffer.forget()
        had_focus = buffer.text.has_focus
        index = self._buffers.index(buffer)
        self._buffers.remove(buffer)
        await buffer.text.remove()
        self.see(self._at - (index < self._at))
        if had_focus:
            self.focus_text()

    async def may_leave(self) -> bool:
        """Whether nothing unsaved is lost by leaving, or the user agrees."""
        for buffer in self._buffers:
            buffer.settle()
        unsaved = [buffer for buffer in self._buffers if buffer.dirty]
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
        signs = {Disk.GONE: "✕", Disk.CHANGED: "!"}
        names = [b.name for b in self._buffers]
        labels = [b.path if names.count(b.name) > 1 else b.name for b in self._buffers]
        tabs = [
            Tab(label, signs.get(b.disk) or ("●" if b.dirty else ""))
            for label, b in zip(labels, self._buffers, strict=True)
        ]
        self.query_one(TabStrip).put(tabs, self._at)


def _relative(folder: Path, path: str) -> str:
    """One name for one file: `./a.py` and the whole path are `a.py`."""
    try:
        return Path(folder / path).resolve().relative_to(folder.resolve()).as_posix()
    except (OSError, ValueError):
        return path


def _read(path: Path) -> OpenFile | LargeFile:
    try:
        large = path.is_file() and path.stat().st_size > EDITABLE
    except (OSError, ValueError):
        large = False
    return LargeFile(path) if large else OpenFile(path)
