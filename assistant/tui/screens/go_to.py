"""Go to a file, a symbol or a line: one line to type, and what it may mean below; `@` finds symbols, `:` a line.

It answers with where to go. Names come from `assistant.session.file_names`, and typing never waits for them.
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

from assistant.context.completion import match
from assistant.session.file_names import FileNames
from assistant.syntax.symbols import Symbol
from assistant.tui.keymap import named
from assistant.tui.panels.outline import SIGNS
from assistant.tui.screens.dialog import Dialog
from assistant.tui.widgets.line_input import LineInput
from assistant.tui.widgets.rows import Row, Rows

_LOOK_AGAIN = 0.3


@dataclass(frozen=True)
class Goal:
    """Where to go: a file, or a symbol or a line (from 1) of the one that is open."""

    path: str = ""
    symbol: Symbol | None = None
    line: int = 0


class GoTo(Dialog[Goal]):
    """The picker.

    Args:
        names: of the folder's files.
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
        self, names: FileNames, symbols: Sequence[Symbol] = (), recent: Sequence[str] = (), typed: str = ""
    ) -> None:
        super().__init__()
        self._names = names
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
            self._show(*await self._symbols_like(typed[1:]), "no such symbol in this file")
        else:
            found = await self._names.search(typed, recent=self._recent)
            rows = [Row(one.path, "open" if one.path in self._recent else "", matched=one.matched) for one in found]
            empty = f"looking through {self._names.count:,} files…" if self._names.listing else "no such file"
            self._show([Goal(one.path) for one in found], rows, empty)

    async def _symbols_like(self, typed: str) -> tuple[list[Goal], list[Row]]:
        scored = []
        for number, symbol in enumerate(self._symbols):
            if (how := match(typed, symbol.qualified_name)) is not None:
                scored.append((-how[0] if typed else 0.0, number, symbol, how[1]))
            if number % 200 == 199:
                await asyncio.sleep(0)
        scored.sort(key=lambda one: one[:2])
        rows = [
            Row(s.qualified_name, f"{s.start_line}", sign=SIGNS.get(s.kind, "•"), matched=matched)
            for _, _, s, matched in scored
        ]
        return [Goal(symbol=symbol) for _, _, symbol, _ in scored], rows

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
