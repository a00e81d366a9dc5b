"""The panel of the symbols of the file that is open; it follows the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from assistant.syntax.symbols import Symbol
from assistant.tui.drawing.untrusted import Plain
from assistant.tui.widgets.rows import Row, Rows

SIGNS = {
    "function": "ƒ",
    "method": "ƒ",
    "class": "◆",
    "type": "◇",
    "constant": "•",
    "variable": "•",
    "field": "•",
    "test": "✓",
    "module": "▣",
    "section": "§",
    "key": "•",
    "rule": "•",
    "element": "◦",
}
"""What stands before a symbol of each kind."""


class OutlinePanel(Vertical):
    """The symbols, as a list that is indented by depth."""

    DEFAULT_CSS = """
    OutlinePanel {
        height: 1fr;
        & > .panel-title { height: 1; padding: 0 1; color: $foreground 60%; text-style: bold; }
        &:focus-within > .panel-title { color: $primary; }
    }
    """

    @dataclass
    class SymbolChosen(Message):
        """A symbol is to be gone to."""

        symbol: Symbol

    def __init__(self) -> None:
        super().__init__(id="outline")
        self._symbols: Sequence[Symbol] = ()

    def compose(self) -> ComposeResult:
        """Title and rows."""
        yield Plain("Outline", classes="panel-title")
        rows = Rows(id="symbols")
        rows.empty = "no symbols"
        yield rows

    @property
    def rows(self) -> Rows:
        """The list."""
        return self.query_one(Rows)

    def show_symbols(self, symbols: Sequence[Symbol]) -> None:
        """Show the symbols of another text."""
        if symbols == self._symbols:
            return
        self._symbols = symbols
        self.rows.put([Row(s.name, "", s.depth, SIGNS.get(s.kind, "•")) for s in symbols])

    def show_place(self, char: int) -> None:
        """Mark the innermost symbol that holds a character of the text, unless the user walks through the list."""
        if self.rows.has_focus:
            return
        holding = [i for i, s in enumerate(self._symbols) if s.span.start <= char <= s.span.end]
        if holding:
            self.rows.mark(holding[-1])

    @on(Rows.Chosen)
    def _choose(self, event: Rows.Chosen) -> None:
        event.stop()
        self.post_message(self.SymbolChosen(self._symbols[event.index]))
