"""Go to a file, a symbol or a line: one line to type, and what it may mean below; `@` finds symbols, `:` a line.

It answers with where to go. Names come from `assistant.session.files.path_names` and `symbol_names`; typing waits for neither.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from assistant.context.loose_match import match
from assistant.session.files.path_names import PathNames
from assistant.session.files.symbol_names import SymbolNames
from assistant.syntax.symbols import Symbol
from assistant.tui.keymap import named
from assistant.tui.panels.outline import SIGNS
from assistant.tui.screens.dialog import Dialog
from assistant.tui.widgets.line_input import LineInput
from assistant.tui.widgets.rows import Row, Rows

_LOOK_AGAIN = 0.3
_HERE = 1.0
"""What a symbol of the open file is ahead of others."""


@dataclass(frozen=True)
class Goal:
    """Where to go: a file (at a line from 1, where that is known), or a symbol or a line of the one that is open."""

    path: str = ""
    symbol: Symbol | None = None
    line: int = 0
    name: str = ""
    """The qualified name of the symbol of `path` that begins at `line`."""


class GoTo(Dialog[Goal]):
    """The picker.

    Args:
        names: of the folder's files.
        folder_symbols: of the whole folder; None where they cannot be read yet.
        symbols: of the file that is open.
        recent: paths of open files, the last one first.
        typed: what stands in the line at first.
    """

    DEFAULT_CSS = """
    GoTo { align: center top; & > #box { margin-top: 2; height: 70%; } }
    """
    BINDINGS: ClassVar[list[BindingType]] = named(
        "go_to",
        [
            Binding("up", "move(-1)", "Up", show=False, priority=True),
            Binding("down", "move(1)", "Down", show=False, priority=True),
            Binding("pageup", "page(-1)", "A page up", show=False, priority=True),
            Binding("pagedown", "page(1)", "A page down", show=False, priority=True),
        ],
    )

    def __init__(
        self,
        names: PathNames,
        folder_symbols: SymbolNames | None = None,
        symbols: Sequence[Symbol] = (),
        recent: Sequence[str] = (),
        typed: str = "",
    ) -> None:
        super().__init__()
        self._names = names
        self._folder_symbols = folder_symbols
        self._symbols = symbols
        self._recent = recent
        self._typed = typed
        self._goals: list[Goal] = []
        self._partial = False
        """Whether what is shown was found while names were still being listed."""

    def compose(self) -> ComposeResult:
        """The line, and what it may mean."""
        with Vertical(id="box", classes="-tall") as box:
            box.border_title = "Go to"
            box.border_subtitle = "a file · @ a symbol · : a line"
            yield LineInput(self._typed, placeholder="letters of a name, @symbol, :line", select_on_focus=False)
            yield Rows()

    @property
    def rows(self) -> Rows:
        """What it may mean."""
        return self.query_one(Rows)

    def on_mount(self) -> None:
        """List, and show more as more is found."""
        self._names.refresh()
        if self._folder_symbols is not None:
            self._folder_symbols.refresh()
        self._find()
        self.set_interval(_LOOK_AGAIN, self._look_again)

    def _look_again(self) -> None:
        if self._partial:
            self._find()

    @on(Input.Changed)
    def _typed_more(self) -> None:
        self._find()

    @work(exclusive=True)
    async def _find(self) -> None:
        typed = self.query_one(Input).value.strip()
        self._partial = self._names.listing
        if typed.startswith(":"):
            line = int(typed[1:]) if typed[1:].isdecimal() and len(typed) < 10 else 0
            self._show([Goal(line=line)] if line else [], [Row(f"line {line:,}")] if line else [], "a number of a line")
        elif typed.startswith("@"):
            await self._find_symbols(typed[1:])
        else:
            found = await self._names.search(typed, recent=self._recent)
            rows = [Row(one.path, "open" if one.path in self._recent else "", matched=one.matched) for one in found]
            empty = f"looking through {self._names.count:,} files…" if self._names.listing else "no such file"
            self._show([Goal(one.path) for one in found], rows, empty)

    async def _find_symbols(self, typed: str) -> None:
        """Those of the open file, and of the folder; of two that are as near, the open file's comes first."""
        here = self._recent[-1] if self._symbols else ""
        scored = await self._symbols_here(typed)
        folder = self._folder_symbols
        if folder is not None and (typed or not scored):
            for number, one in enumerate(await folder.search(typed, but=here)):
                row = Row(one.name, f"{one.path}:{one.line}", sign=SIGNS.get(one.kind, "•"), matched=one.matched)
                scored.append((-one.score, number, Goal(one.path, line=one.line, name=one.name), row))
            self._partial = folder.reading
        if typed:
            scored.sort(key=lambda one: one[:2])
        empty = "reading the symbols of the folder…" if self._partial else "no such symbol"
        if folder is not None and folder.problem:
            empty = folder.problem
        self._show([goal for _, _, goal, _ in scored], [row for _, _, _, row in scored], empty)

    async def _symbols_here(self, typed: str) -> list[tuple[float, int, Goal, Row]]:
        scored = []
        for number, symbol in enumerate(self._symbols):
            if (how := match(typed, symbol.qualified_name)) is not None:
                sign = SIGNS.get(symbol.kind, "•")
                row = Row(symbol.qualified_name, f"{symbol.start_line}", sign=sign, matched=how[1])
                scored.append((-how[0] - _HERE if typed else 0.0, number, Goal(symbol=symbol), row))
            if number % 200 == 199:
                await asyncio.sleep(0)
        return scored

    def _show(self, goals: list[Goal], rows: list[Row], empty: str) -> None:
        same = goals[: self.rows.at + 1] == self._goals[: self.rows.at + 1]
        self._goals = goals
        self.rows.empty = empty
        self.rows.put(rows, None if same else 0)

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        event.stop()
        if self._goals:
            self.dismiss(self._goals[self.rows.at])

    @on(Rows.Chosen)
    def _click(self, event: Rows.Chosen) -> None:
        self.dismiss(self._goals[event.index])

    def action_move(self, step: int) -> None:
        """Up or down in the list."""
        self.rows.action_move(step)

    def action_page(self, step: int) -> None:
        """A page of the list."""
        self.rows.action_page(step)
