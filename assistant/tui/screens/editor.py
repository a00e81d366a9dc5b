"""The editor: one file, its outline beside it, and the model at hand for what is selected.

Saving never overwrites what someone else wrote without a yes, and what is typed outlives a crash by two seconds.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import OptionList, TextArea
from textual.widgets.option_list import Option

from assistant.errors import AssistantError
from assistant.session.open_file import OpenFile
from assistant.syntax.symbols import Symbol, outline, symbol_at
from assistant.tui.screens.ask import AskLine, Confirm
from assistant.tui.untrusted import Plain, joined, plain_line
from assistant.tui.widgets.code_editor import CodeEditor
from assistant.tui.widgets.key_bar import KeyBar

_SWAP_SECONDS = 2.0
_NARROW = 90
_TYPING_PAUSE = 0.4
_MOVING_PAUSE = 0.1


@dataclass(frozen=True)
class Wish:
    """What the user wants of the model: a question about text of the file, or a change of one of its symbols."""

    kind: str
    """"ask" or "edit"."""
    target: str
    words: str


class Editor(Screen[Wish | None]):
    """Answers with a wish for the model, or None when it is left."""

    CSS_PATH = "editor.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Save", key_display="^S", priority=True),
        Binding("ctrl+f", "find", "Find", key_display="^F", priority=True),
        Binding("f3", "find_next", "Find the next", show=False),
        Binding("ctrl+g", "line", "Line", key_display="^G", priority=True),
        Binding("f6", "outline", "Outline", key_display="F6"),
        Binding("ctrl+k", "ask", "Ask", key_display="^K", priority=True),
        Binding("ctrl+e", "change", "Change", key_display="^E", priority=True),
        Binding("escape", "leave", "Back", key_display="Esc", priority=True),
    ]

    def __init__(self, file: OpenFile, shown_path: str, symbol: str = "") -> None:
        super().__init__()
        self._file = file
        self._path = shown_path
        self._symbol = symbol
        self._symbols: tuple[Symbol, ...] = ()
        self._pattern = ""
        self._swapped = file.saved_text

    def compose(self) -> ComposeResult:
        """Path, text and outline, place, keys."""
        yield Plain("", id="path")
        with Horizontal():
            yield CodeEditor(self._file.saved_text, self._file.language_name, self._file.document, id="text")
            yield OptionList(id="symbols", markup=False)
        yield Plain("", id="place")
        yield KeyBar(self.BINDINGS)

    @property
    def _text(self) -> CodeEditor:
        return self.query_one(CodeEditor)

    async def on_mount(self) -> None:
        """Show the outline, go to the symbol, offer what a crash left."""
        if self._text.text != self._file.saved_text:
            self._text.read_only = True
            self.notify("It has line ends that the editor would change, so it can only be read.", severity="warning")
        self.query_one(OptionList).display = self.app.size.width >= _NARROW
        self._list_symbols()
        self._show_path()
        self._show_place()
        wanted = next((s for s in self._symbols if s.qualified_name == self._symbol), None)
        if wanted is not None:
            at = wanted.definition.start
            self.call_after_refresh(self._text.select_span, at, at)
        self._text.focus()
        self.set_interval(_SWAP_SECONDS, self._keep)
        if self._file.kept() is not None:
            self._offer_kept()

    @work
    async def _offer_kept(self) -> None:
        kept = self._file.kept()
        yes = await self.app.push_screen_wait(Confirm("Take up unsaved text of an earlier run?", self._path))
        if yes and kept is not None:
            self._text.text = kept
        else:
            self._file.drop_swap()

    def _keep(self) -> None:
        text = self._text.text
        if text != self._swapped and text != self._file.saved_text:
            self._swapped = text
            self._file.keep(text)

    @on(TextArea.Changed)
    def _changed(self) -> None:
        self._show_path()
        self._list_later()

    @work(exclusive=True, group="outline")
    async def _list_later(self) -> None:
        await asyncio.sleep(_TYPING_PAUSE)
        self._list_symbols()

    @on(TextArea.SelectionChanged)
    def _moved(self) -> None:
        row, column = self._text.cursor_location
        self.query_one("#place", Plain).show(f"{row + 1}:{column + 1}", layout=False)
        self._show_place_soon()

    @work(exclusive=True, group="place")
    async def _show_place_soon(self) -> None:
        await asyncio.sleep(_MOVING_PAUSE)
        self._show_place()

    def _show_place(self) -> None:
        row, column = self._text.cursor_location
        document = self._text.parsed
        here = symbol_at(document, self._text.span.start)
        node = document.node_at(self._text.span.span) if self._text.span.start < self._text.span.end else None
        parts = [f"{row + 1}:{column + 1}", here.qualified_name if here else "", node.type if node else ""]
        self.query_one("#place", Plain).show(plain_line("  ·  ".join(part for part in parts if part)), layout=False)

    def _show_path(self) -> None:
        dirty = self._text.text != self._file.saved_text
        self.query_one("#path", Plain).show(
            joined(
                ("✦ ", "bold $primary"), plain_line(self._path, "bold"), ("  ● not saved" if dirty else "", "$accent")
            )
        )

    def _list_symbols(self) -> None:
        self._symbols = outline(self._text.parsed)
        options = self.query_one("#symbols", OptionList)
        options.clear_options()
        rows = (joined("  " * s.depth, plain_line(s.name), (f" {s.kind}", "$foreground 45%")) for s in self._symbols)
        options.add_options([Option(row) for row in rows])

    @on(OptionList.OptionSelected, "#symbols")
    def _go_to_symbol(self, event: OptionList.OptionSelected) -> None:
        symbol = self._symbols[event.option_index]
        self._text.select_span(symbol.name_span.start, symbol.name_span.start)
        self._text.focus()

    def action_outline(self) -> None:
        """To the outline, and back to the text."""
        options = self.query_one("#symbols", OptionList)
        if options.has_focus:
            options.display = self.app.size.width >= _NARROW
            self._text.focus()
        else:
            options.display = True
            options.focus()

    @work
    async def action_save(self) -> None:
        """Save; what someone else wrote is overwritten after a yes only."""
        try:
            if self._file.changed_on_disk():
                yes = await self.app.push_screen_wait(Confirm("It was changed on disk. Overwrite it?", self._path))
                if not yes:
                    return
            self._file.save(self._text.text, over_changes=True)
            self.notify(f"Saved {self._path}.")
        except AssistantError as error:
            self.notify(error.sentence(), severity="error")
        self._show_path()

    @work
    async def action_find(self) -> None:
        """Ask for a regular expression and go to its next place."""
        pattern = await self.app.push_screen_wait(AskLine("Find (a regular expression)", self._pattern))
        if pattern:
            self._pattern = pattern
            self.action_find_next()

    def action_find_next(self) -> None:
        """To the next place, from the beginning again after the last."""
        text = self._text.text
        try:
            pattern = re.compile(self._pattern)
        except re.error:
            pattern = re.compile(re.escape(self._pattern))
        found = pattern.search(text, self._text.span.end) or pattern.search(text)
        if self._pattern and found:
            self._text.select_span(found.start(), found.end())
        else:
            self.notify("It is not in this file.")

    @work
    async def action_line(self) -> None:
        """Ask for a line and go there."""
        line = await self.app.push_screen_wait(AskLine("Line"))
        if line and line.isdigit():
            self._text.move_cursor((max(0, min(int(line), self._text.document.line_count) - 1), 0), center=True)

    @work
    async def action_ask(self) -> None:
        """Ask the model about what is selected, or about the symbol here."""
        words = await self.app.push_screen_wait(AskLine("Ask about this"))
        if words and await self._saved():
            self.dismiss(Wish("ask", self._target(), f"{words}\n{self._selected()}".strip()))

    @work
    async def action_change(self) -> None:
        """Let the model change the symbol here."""
        words = await self.app.push_screen_wait(AskLine(f"Change {self._target()}"))
        if words and await self._saved():
            self.dismiss(Wish("edit", self._target(), words))

    @work
    async def action_leave(self) -> None:
        """Back to the conversation; unsaved text only after a yes."""
        if self._text.text != self._file.saved_text:
            yes = await self.app.push_screen_wait(Confirm("Leave without saving? What you typed is lost.", self._path))
            if not yes:
                return
        self._file.drop_swap()
        self.dismiss(None)

    async def _saved(self) -> bool:
        """The model reads the file from disk, so it must be there."""
        if self._text.text != self._file.saved_text:
            self.notify("Save it first (Ctrl+S): the model reads the file.", severity="warning")
        return self._text.text == self._file.saved_text

    def _target(self) -> str:
        here = symbol_at(self._text.parsed, self._text.span.start)
        return f"{self._path}::{here.qualified_name}" if here else self._path

    def _selected(self) -> str:
        text = self._text.selected_text
        return f"\n```{self._file.language_name}\n{text}\n```" if text.strip() else ""


def open_editor(folder: Path, target: str) -> Editor:
    """The editor for `FILE` or `FILE::SYMBOL` of a folder.

    Raises:
        AssistantError: there is no such file, or it is no text.
    """
    path, _, symbol = target.removeprefix("@").strip('"').partition("::")
    return Editor(OpenFile(folder / path), path, symbol)
