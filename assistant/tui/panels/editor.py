"""The panel of the editor: tabs, where one is in the text, going to places, and what is asked of the model there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import TextArea

from assistant.session.files.outlining import Outliner
from assistant.session.files.path_names import PathNames
from assistant.session.files.symbol_names import SymbolNames
from assistant.syntax.symbols import Symbol
from assistant.tui.desks.suggesting import Suggesting
from assistant.tui.drawing.untrusted import Plain
from assistant.tui.keymap import named
from assistant.tui.messages import ModelWanted
from assistant.tui.panels.buffer import Buffer
from assistant.tui.panels.place import place_in, way_to
from assistant.tui.panels.searched_files import SearchedFiles
from assistant.tui.screens.ask import AskLine
from assistant.tui.screens.go_to import Goal, GoTo
from assistant.tui.vim.modal import ModeChanged
from assistant.tui.widgets.code_editor import CodeEditor
from assistant.tui.widgets.find_bar import FindBar
from assistant.tui.widgets.tab_strip import TabStrip

_TYPING_PAUSE = 0.4
_MOVING_PAUSE = 0.05


class EditorPanel(SearchedFiles):
    """The open files and what one does in them."""

    DEFAULT_CSS = """
    EditorPanel {
        width: 1fr;
        height: 1fr;
        & > #crumbs { height: 1; padding: 0 1; color: $foreground 60%; text-wrap: nowrap; text-overflow: ellipsis; }
        & > #texts { height: 1fr; }
        & > #place { height: 1; padding: 0 1; color: $foreground 60%; background: $background; text-wrap: nowrap; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = named(
        "editor",
        [
            Binding("ctrl+g", "go_to(':')", "Line", show=False, priority=True),
            Binding("alt+g", "go_to('@')", "Go to a symbol", show=False, priority=True),
            Binding("ctrl+k", "ask", "Ask", key_display="^K", priority=True),
            Binding("ctrl+e", "change", "Change", key_display="^E", priority=True),
            Binding("alt+h", "suggest", "Suggest here", show=False, priority=True),
            Binding("alt+j", "next_suggestion", "Another suggestion", show=False, priority=True),
            Binding("alt+v", "switch_suggestions", "Suggest while typing, or not", show=False, priority=True),
        ],
    )

    @dataclass
    class SymbolsRead(Message):
        """The symbols of the file that is seen."""

        symbols: tuple[Symbol, ...]

    @dataclass
    class Moved(Message):
        """The cursor stands at another character."""

        char: int

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._outliner = Outliner()
        self.names = PathNames(folder)
        self._symbols: SymbolNames | None = None
        self._suggesting = Suggesting(self)
        self._pause: Timer | None = None
        self._moving: Timer | None = None

    def compose(self) -> ComposeResult:
        """Tabs, where one is, texts, the find bar, the place."""
        yield TabStrip()
        yield Plain("", id="crumbs")
        yield Vertical(id="texts")
        yield FindBar()
        yield Plain("", id="place")

    async def on_unmount(self) -> None:
        """Keep what is typed, and end what runs for this panel."""
        for buffer in self.buffers:
            await buffer.keep()
        await self.reopening.keep()
        self._outliner.close()
        await self._suggesting.close()

    async def open(self, target: str, near: int = 0) -> None:
        """See `FILE`, `FILE::SYMBOL` (the one nearest to line `near`) or `FILE:LINE`, or why that cannot be."""
        path, _, symbol = target.removeprefix("@").strip('"').partition("::")
        name, _, line = path.rpartition(":")
        if line.isdecimal() and name and not (self.folder / path).exists():
            path = name
        buffer = await self.open_path(path)
        if buffer is None:
            return
        if symbol:
            await self._read_symbols(buffer)
            meant = [s for s in buffer.symbols if s.qualified_name == symbol]
            if meant:
                start = min(meant, key=lambda s: abs(s.start_line - near)).definition.start
                self.call_after_refresh(buffer.text.select_span, start, start)
        elif path == name:
            self.call_after_refresh(self.go_to_line, int(line))

    def see(self, index: int) -> None:
        """Another of the open files."""
        super().see(index)
        self._show_place()
        self._refresh_symbols()
        self._suggesting.opened()

    # -- what is typed, and where one is

    @on(TextArea.Changed)
    def _changed(self, event: TextArea.Changed) -> None:
        event.stop()
        self.show_tabs()
        self._suggesting.typed()
        if self._pause is None:
            self._pause = self.set_timer(_TYPING_PAUSE, self._paused)
        else:
            self._pause.reset()

    def _paused(self) -> None:
        self._pause = None
        for buffer in self.buffers:
            buffer.settle()
        self.show_tabs()
        self._refresh_symbols()

    @work(exclusive=True, group="outline")
    async def _refresh_symbols(self) -> None:
        buffer = self.buffer
        if buffer is not None:
            await self._read_symbols(buffer)
        self.post_message(self.SymbolsRead(buffer.symbols if buffer else ()))
        self._show_place()

    async def _read_symbols(self, buffer: Buffer) -> None:
        buffer.symbols = buffer.text.symbols = await self._outliner.outline(buffer.text.parsed)

    @on(TextArea.SelectionChanged)
    def _moved(self, event: TextArea.SelectionChanged) -> None:
        event.stop()
        self._suggesting.moved()
        self._show_place_soon()

    @on(ModeChanged)
    def _show_mode(self, event: ModeChanged) -> None:
        event.stop()
        self._show_place_soon()

    def show_tabs(self) -> None:
        """The names, and what is to be said of each and of the one that is seen."""
        super().show_tabs()
        self._show_place_soon()

    def _show_place_soon(self) -> None:
        if self._moving is None:
            self._moving = self.set_timer(_MOVING_PAUSE, self._show_place)

    def _show_place(self) -> None:
        self._moving = None
        place, crumbs = self.query_one("#place", Plain), self.query_one("#crumbs", Plain)
        if (buffer := self.buffer) is None:
            place.show("", layout=False)
            crumbs.show(way_to(self.pages.seen.path) if self.pages.seen else "", layout=False)
            return
        around = self._around(buffer)
        crumbs.show(way_to(buffer.path, around), layout=False)
        place.show(place_in(buffer, around), layout=False)
        self.post_message(self.Moved(buffer.text.span.start))

    def _around(self, buffer: Buffer) -> list[Symbol]:
        """The symbols that hold the cursor, the outer ones first."""
        char = buffer.text.span.start
        return [s for s in buffer.symbols if s.span.start <= char <= s.span.end]

    # -- going to places

    def find_file(self) -> None:
        """Ask for a file, a symbol or a line and go there."""
        self.action_go_to("")

    @work
    async def action_go_to(self, typed: str) -> None:
        """Ask for a symbol (`@`), a line (`:`) or a file, and go there."""
        buffer = self.buffer
        recent = [b.path for b in self.buffers if b is not buffer] + ([buffer.path] if buffer else [])
        symbols = buffer.symbols if buffer else ()
        goal = await self.app.push_screen_wait(GoTo(self.names, self._folder_symbols(), symbols, recent, typed))
        if goal is not None:
            self._go(goal)

    def _folder_symbols(self) -> SymbolNames | None:
        if self._symbols is None and (place := getattr(self.app, "workplace", None)) is not None:
            self._symbols = SymbolNames(place.pointing.names)
        return self._symbols

    def _go(self, goal: Goal) -> None:
        if goal.path:
            self.post_message(self.Wanted(f"{goal.path}::{goal.name}" if goal.name else goal.path, goal.line))
        elif goal.symbol is not None:
            self.go_to_symbol(goal.symbol)
        else:
            self.go_to_line(goal.line)

    @dataclass
    class Wanted(Message):
        """A file or `FILE::SYMBOL` is to be seen; of symbols of one name, the one nearest to `line`."""

        path: str
        line: int = 0

    def go_to_symbol(self, symbol: Symbol) -> None:
        """To a symbol of the file that is seen."""
        if self.text is not None:
            self.text.select_span(symbol.name_span.start, symbol.name_span.start)
            self.text.focus()

    def go_to_line(self, line: int) -> None:
        """To a line, counted from 1."""
        if self.text is not None:
            self.text.go_to((max(0, line - 1), 0))
            self.text.focus()

    # -- the model

    def action_suggest(self) -> None:
        """Suggest what belongs at the cursor."""
        self._suggesting.ask()

    def action_next_suggestion(self) -> None:
        """Another suggestion in the place of the one that is drawn."""
        self._suggesting.next()

    def action_switch_suggestions(self) -> None:
        """Suggest while typing, or not."""
        self._suggesting.switch()

    @on(CodeEditor.GhostTaken)
    def _taken(self, event: CodeEditor.GhostTaken) -> None:
        event.stop()
        self._suggesting.taken(event.text, event.at)

    @on(CodeEditor.GhostDismissed)
    def _dismissed(self, event: CodeEditor.GhostDismissed) -> None:
        event.stop()
        self._suggesting.dismissed(event.text, event.at)

    @work
    async def action_ask(self) -> None:
        """Ask the model about what is selected, or about the symbol here."""
        if self.buffer is not None:
            self._wish("ask", await self.app.push_screen_wait(AskLine("Ask about this")))

    @work
    async def action_change(self) -> None:
        """Let the model change the symbol here."""
        if self.buffer is not None:
            self._wish("edit", await self.app.push_screen_wait(AskLine(f"Change {self.target()}")))

    def _wish(self, kind: str, words: str | None) -> None:
        if (buffer := self.buffer) is None or not words:
            return
        if buffer.dirty:
            self.notify("Save it first (Ctrl+S): the model reads the file.", severity="warning")
            return
        selected = buffer.text.selected_text if buffer.text.selected_text.strip() else ""
        self.post_message(ModelWanted(kind, self.target(), words, selected, buffer.language_name))

    def target(self) -> str:
        """What the cursor is in: `FILE::SYMBOL`, or `FILE`."""
        if (buffer := self.buffer) is None:
            return ""
        around = self._around(buffer)
        return f"{buffer.path}::{around[-1].qualified_name}" if around else buffer.path
