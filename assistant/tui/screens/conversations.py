"""The list of conversations: resume, rename, fork, delete, and search as one types."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from assistant.ground.visible import visible_line
from assistant.session.records import SessionSummary
from assistant.session.store import Store
from assistant.tui.drawing.untrusted import Plain, joined, plain_line
from assistant.tui.keymap import named
from assistant.tui.screens.ask import AskLine, Confirm
from assistant.tui.screens.dialog import Dialog

_SECONDS = ((86400 * 365, "y"), (86400 * 30, "mo"), (86400, "d"), (3600, "h"), (60, "min"))


class Conversations(Dialog[int]):
    """Answers with the id of the conversation to open.

    Args:
        store: where they lie.
        current: the one at hand, marked in the list.
        query: what to look for at first.
    """

    BINDINGS: ClassVar[list[BindingType]] = named(
        "chats",
        [
            Binding("down", "into_list", "Into the list", show=False),
            Binding("ctrl+r", "rename", "Rename", priority=True),
            Binding("ctrl+f", "fork", "Fork", priority=True),
            Binding("ctrl+d,delete", "delete", "Delete", priority=True),
        ],
    )

    def __init__(self, store: Store, current: int | None, query: str = "") -> None:
        super().__init__()
        self._store = store
        self._current = current
        self._query = visible_line(query)
        self._rows: list[SessionSummary] = []

    def compose(self) -> ComposeResult:
        """Search line, list, keys."""
        with Vertical(id="box", classes="-tall") as box:
            box.border_title = "Conversations"
            box.border_subtitle = "Enter opens · ^r renames · ^f forks · ^d deletes · Esc closes"
            yield Input(self._query, placeholder="Search titles and texts")
            yield OptionList(markup=False)
            yield Plain("", id="empty")

    def on_mount(self) -> None:
        """Fill the list."""
        self._fill(self._query)

    @on(Input.Changed)
    def _search(self, event: Input.Changed) -> None:
        self._fill(event.value)

    @work(exclusive=True, group="fill")
    async def _fill(self, query: str) -> None:
        await asyncio.sleep(0.05)
        rows = await asyncio.to_thread(self._store.sessions, query)
        options = self.query_one(OptionList)
        at = options.highlighted or 0
        family = as_families(rows)
        self._rows = [row for row, _ in family]
        options.clear_options()
        options.add_options(Option(self._row(row, depth), id=str(row.id)) for row, depth in family)
        options.highlighted = min(at, len(rows) - 1) if rows else None
        options.display = bool(rows)
        empty = self.query_one("#empty", Plain)
        empty.display = not rows
        empty.show("Nothing found." if query else "No conversations yet. Ask something, and it is kept here.")

    @on(Input.Submitted)
    def _open_marked(self) -> None:
        if (row := self._marked()) is not None:
            self.dismiss(row.id)

    @on(OptionList.OptionSelected)
    def _open(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(int(event.option_id or 0))

    def action_into_list(self) -> None:
        """From the search line down into the list."""
        self.query_one(OptionList).focus()

    @work
    async def action_rename(self) -> None:
        """Ask for another title."""
        if (row := self._marked()) is None:
            return
        title = await self.app.push_screen_wait(AskLine("Rename the conversation", row.title))
        if title:
            await asyncio.to_thread(self._store.rename, row.id, title)
            self._fill(self.query_one(Input).value)

    @work
    async def action_fork(self) -> None:
        """Copy it and open the copy."""
        if (row := self._marked()) is not None:
            self.dismiss(await asyncio.to_thread(self._store.fork, row.id))

    @work
    async def action_delete(self) -> None:
        """Delete it after a yes."""
        row = self._marked()
        if row is None:
            return
        if row.id == self._current:
            self.app.notify(
                "This conversation is open. Begin another one (Ctrl+N), then delete it.", severity="warning"
            )
        elif await self.app.push_screen_wait(Confirm("Delete this conversation for good?", row.title)):
            await asyncio.to_thread(self._store.delete, row.id)
            self._fill(self.query_one(Input).value)

    def _marked(self) -> SessionSummary | None:
        at = self.query_one(OptionList).highlighted
        return self._rows[at] if at is not None and at < len(self._rows) else None

    def _row(self, row: SessionSummary, depth: int) -> Content:
        mark = ("● ", "$success") if row.id == self._current else ("  ", "")
        age = f"{_age(row.updated):>7}  "
        folder = f"  {visible_line(Path(row.folder).name)}"
        figures = f" · {row.messages} messages"
        branch = ("  " * (depth - 1) + "└ " if depth else "", "$secondary")
        first = joined(
            mark, (age, "$foreground 50%"), branch, plain_line(row.title, "bold"), (folder + figures, "$foreground 50%")
        )
        if not row.found:
            return first
        return joined(first, "\n", plain_line(" " * 11 + row.found, "$accent 80%"))


def as_families(rows: Sequence[SessionSummary]) -> list[tuple[SessionSummary, int]]:
    """The rows with each branch below what it was forked from, and how deep it lies; the newest family first."""
    here = {row.id: row for row in rows}
    branches: dict[int, list[SessionSummary]] = {}
    for row in rows:
        if _parent(row) in here:
            branches.setdefault(_parent(row), []).append(row)
    found: dict[int, tuple[SessionSummary, int]] = {}
    for row in rows:
        top = row
        while _parent(top) in here:
            top = here[_parent(top)]
        waiting = [(top, 0)] if top.id not in found else []
        while waiting:
            one, depth = waiting.pop()
            found[one.id] = (one, depth)
            waiting += [(branch, depth + 1) for branch in branches.get(one.id, ()) if branch.id not in found]
    return list(found.values())


def _parent(row: SessionSummary) -> int:
    """What it was forked from, 0 for nothing; a copy is younger than its original, so no circle can be made."""
    return row.parent if row.parent and row.parent < row.id else 0


def _age(moment: float) -> str:
    past = max(0.0, time.time() - moment)
    return next((f"{int(past // size)} {unit}" for size, unit in _SECONDS if past >= size), "now")
