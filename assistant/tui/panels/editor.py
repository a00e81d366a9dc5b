"""The panel of the open files: tabs, the text, where one is in it, and what is asked of the model about it.

Saving never overwrites what someone else wrote without a yes, nothing unsaved is closed without one, and what is typed
outlives a crash but for its last second.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import TextArea

from assistant.errors import AssistantError
from assistant.session.open_file import OpenFile
from assistant.syntax.symbols import Symbol, outline, symbol_at
from assistant.tui.keymap import named
from assistant.tui.messages import ModelWanted
from assistant.tui.panels.buffer import Buffer, Disk
from assistant.tui.screens.ask import AskLine, Confirm
from assistant.tui.untrusted import Plain, plain_line
from assistant.tui.vim.modal import ModeChanged
from assistant.tui.widgets.code_editor import CodeEditor
from assistant.tui.widgets.tab_strip import Tab, TabStrip

_KEEP_SECONDS = 1.0
_LOOK_SECONDS = 1.5
_TYPING_PAUSE = 0.4
_MOVING_PAUSE = 0.1


class EditorPanel(Vertical):
    """The open files, one seen at a time.

    Args:
        folder: that paths are relative to.
    """

    DEFAULT_CSS = """
    EditorPanel {
        width: 1fr;
        height: 1fr;
        & > #texts { height: 1fr; }
        & > #place { height: 1; padding: 0 1; color: $foreground 60%; background: $background; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = named(
        "editor",
        [
            Binding("ctrl+s", "save", "Save", key_display="^S", priority=True),
            Binding("ctrl+w", "close", "Close the file", show=False, priority=True),
            Binding("ctrl+pagedown", "tab(1)", "Next file", show=False, priority=True),
            Binding("ctrl+pageup", "tab(-1)", "Previous file", show=False, priority=True),
            Binding("ctrl+k", "ask", "Ask the model about this", show=False, priority=True),
            Binding("ctrl+e", "change", "Let the model change this", show=False, priority=True),
        ],
    )

    @dataclass
    class Switched(Message):
        """Another file is seen, or none: its path, "" for none."""

        path: str

    @dataclass
    class SymbolsRead(Message):
        """The symbols of the file that is seen."""

        symbols: tuple[Symbol, ...]

    @dataclass
    class Moved(Message):
        """The cursor stands at another character."""

        char: int

    def __init__(self, folder: Path) -> None:
        super().__init__(id="editor")
        self._folder = folder
        self._buffers: list[Buffer] = []
        self._at = 0

    def compose(self) -> ComposeResult:
        """Tabs, texts, place."""
        yield TabStrip()
        yield Vertical(id="texts")
        yield Plain("", id="place")

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

    async def open(self, target: str) -> bool:
        """See `FILE` or `FILE::SYMBOL`, opening it if need be; False where that is not possible, which is said."""
        path, _, symbol = target.removeprefix("@").strip('"').partition("::")
        known = next((b for b in self._buffers if b.path == path), None)
        if known is None:
            try:
                file = await asyncio.to_thread(OpenFile, self._folder / path)
            except AssistantError as error:
                self.notify(error.sentence(), severity="warning")
                return False
            known = await self._add(file, path)
        self._see(self._buffers.index(known))
        if symbol:
            self._go_to_named(known, symbol)
        return True

    async def _add(self, file: OpenFile, path: str) -> Buffer:
        text = CodeEditor(file.saved_text, file.language)
        buffer = Buffer(file, path, text)
        self._buffers.append(buffer)
        await self.query_one("#texts").mount(text)
        if file.kept() is not None:
            self._offer_kept(buffer)
        return buffer

    def _go_to_named(self, buffer: Buffer, name: str) -> None:
        wanted = next((s for s in outline(buffer.text.parsed) if s.qualified_name == name), None)
        if wanted is not None:
            at = wanted.definition.start
            self.call_after_refresh(buffer.text.select_span, at, at)

    @work
    async def _offer_kept(self, buffer: Buffer) -> None:
        kept = buffer.file.kept()
        yes = await self._agreed(buffer, "Take up unsaved text of an earlier run?")
        if yes and kept is not None:
            buffer.text.replace_all(kept)
        else:
            buffer.file.drop_swap()

    def _see(self, index: int) -> None:
        self._at = max(0, min(index, len(self._buffers) - 1))
        for number, buffer in enumerate(self._buffers):
            buffer.text.display = number == self._at
        self._show_tabs()
        self._show_place()
        self._read_symbols()
        self.post_message(self.Switched(self.buffer.path if self.buffer else ""))

    def action_tab(self, step: int) -> None:
        """To the next file, or the one before."""
        if self._buffers:
            self._see((self._at + step) % len(self._buffers))
            self.focus_text()

    @on(TabStrip.Chosen)
    def _choose_tab(self, event: TabStrip.Chosen) -> None:
        if event.closing:
            self._close(self._buffers[event.index])
        else:
            self._see(event.index)
            self.focus_text()

    def action_close(self) -> None:
        """Close the file that is seen."""
        if self.buffer is not None:
            self._close(self.buffer)

    @work
    async def _close(self, buffer: Buffer) -> None:
        buffer.settle()
        if buffer.dirty and not await self._agreed(buffer, "Close without saving? What you typed is lost."):
            return
        buffer.file.drop_swap()
        had_focus = buffer.text.has_focus
        index = self._buffers.index(buffer)
        self._buffers.remove(buffer)
        await buffer.text.remove()
        self._see(self._at - (index < self._at))
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
            buffer.file.drop_swap()
        return True

    # -- disk

    @work
    async def action_save(self) -> None:
        """Save; what someone else wrote is overwritten after a yes only."""
        if (buffer := self.buffer) is None:
            return
        try:
            if buffer.file.changed_on_disk() and not await self._agreed(
                buffer, "It was changed on disk. Overwrite it?"
            ):
                return
            buffer.save()
            self.notify(f"Saved {buffer.path}.")
        except AssistantError as error:
            self.notify(error.sentence(), severity="error")
        self._show_tabs()

    @work(exclusive=True, group="keep")
    async def _keep(self) -> None:
        for buffer in self._buffers:
            await buffer.keep()

    @work(exclusive=True, group="disk")
    async def look_at_disk(self) -> None:
        """Take what someone else wrote; over text that is not saved only after a yes."""
        for buffer in tuple(self._buffers):
            if not await buffer.look_at_disk():
                continue
            if buffer.disk is Disk.GONE:
                self.notify(f"{buffer.path} is gone from disk; Ctrl+S writes it again.", severity="warning")
            elif not buffer.dirty:
                self._take_from_disk(buffer)
            elif not buffer.asking:
                self._offer_disk(buffer)
            self._show_tabs()

    @work(group="offer")
    async def _offer_disk(self, buffer: Buffer) -> None:
        if await self._agreed(buffer, "It was changed on disk. Show that, and lose what you typed?"):
            self._take_from_disk(buffer)

    async def _agreed(self, buffer: Buffer, question: str) -> bool:
        buffer.asking = True
        yes = await self.app.push_screen_wait(Confirm(question, buffer.path))
        buffer.asking = False
        return bool(yes)

    def _take_from_disk(self, buffer: Buffer) -> None:
        try:
            buffer.take_from_disk()
            self.notify(f"{buffer.path} was changed on disk; this is what it is now.")
        except AssistantError as error:
            self.notify(error.sentence(), severity="warning")
        self._show_tabs()

    # -- what is seen

    @on(TextArea.Changed)
    def _changed(self, event: TextArea.Changed) -> None:
        event.stop()
        self._show_tabs()
        self._read_symbols_later()

    @work(exclusive=True, group="outline")
    async def _read_symbols_later(self) -> None:
        await asyncio.sleep(_TYPING_PAUSE)
        for buffer in self._buffers:
            buffer.settle()
        self._read_symbols()
        self._show_tabs()

    def _read_symbols(self) -> None:
        symbols = outline(self.text.parsed) if self.text is not None else ()
        self.post_message(self.SymbolsRead(symbols))

    @on(TextArea.SelectionChanged)
    def _moved(self, event: TextArea.SelectionChanged) -> None:
        event.stop()
        self._show_place_soon()

    @work(exclusive=True, group="place")
    async def _show_place_soon(self) -> None:
        await asyncio.sleep(_MOVING_PAUSE)
        self._show_place()

    @on(ModeChanged)
    def _show_place(self) -> None:
        place = self.query_one("#place", Plain)
        if (text := self.text) is None:
            place.show("")
            return
        row, column = text.cursor_location
        here = symbol_at(text.parsed, text.span.start)
        node = text.parsed.node_at(text.span.span) if text.span.start < text.span.end else None
        mode = text.modal.status if text.modal else ""
        parts = [mode, f"{row + 1}:{column + 1}", here.qualified_name if here else "", node.type if node else ""]
        place.show(plain_line("  ·  ".join(part for part in parts if part)), layout=False)
        self.post_message(self.Moved(text.span.start))

    def _show_tabs(self) -> None:
        signs = {Disk.GONE: "✕", Disk.CHANGED: "!"}
        tabs = [Tab(b.name, signs.get(b.disk) or ("●" if b.dirty else "")) for b in self._buffers]
        self.query_one(TabStrip).put(tabs, self._at)

    def go_to_symbol(self, symbol: Symbol) -> None:
        """To a symbol of the file that is seen."""
        if self.text is not None:
            self.text.select_span(symbol.name_span.start, symbol.name_span.start)
            self.text.focus()

    # -- the model

    @work
    async def action_ask(self) -> None:
        """Ask the model about what is selected, or about the symbol here."""
        words = await self.app.push_screen_wait(AskLine("Ask about this"))
        self._wish("ask", words)

    @work
    async def action_change(self) -> None:
        """Let the model change the symbol here."""
        words = await self.app.push_screen_wait(AskLine(f"Change {self.target()}"))
        self._wish("edit", words)

    def _wish(self, kind: str, words: str | None) -> None:
        if (buffer := self.buffer) is None or not words:
            return
        if buffer.dirty:
            self.notify("Save it first (Ctrl+S): the model reads the file.", severity="warning")
            return
        selected = buffer.text.selected_text if buffer.text.selected_text.strip() else ""
        self.post_message(ModelWanted(kind, self.target(), words, selected, buffer.file.language_name))

    def target(self) -> str:
        """What the cursor is in: `FILE::SYMBOL`, or `FILE`."""
        if (buffer := self.buffer) is None:
            return ""
        here = symbol_at(buffer.text.parsed, buffer.text.span.start)
        return f"{buffer.path}::{here.qualified_name}" if here else buffer.path

    def find_file(self) -> None:
        """Ask for a file and open it."""
