"""The editor of one text: code that is typed into, and what a model suggests drawn at the cursor.

A suggestion is not yet part of the text: typing it keeps it, anything else drops it. Nothing that stands in the text
moves for it: further lines are drawn over those below, and what stands right of the cursor stays there. Who suggests is
the panel's to know.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from assistant.tui.keymap import named
from assistant.tui.vim.modal import Modal, modal_of
from assistant.tui.widgets.structured_area import StructuredArea

_WORD = re.compile(r"\s*(?:\w+|[^\w\s]+)")


@dataclass(frozen=True)
class Overtyped:
    """A suggestion at character `at` that was seen for `seconds`, and the length of what was typed there."""

    text: str
    at: int
    typed: int
    seconds: float


class CodeEditor(StructuredArea):
    """Code that is typed into."""

    BINDINGS: ClassVar[list[BindingType]] = named(
        "editor",
        [
            Binding("ctrl+z,super+z", "undo", "Undo", show=False, priority=True),
            Binding("ctrl+y,ctrl+shift+z", "redo", "Redo", show=False, priority=True),
            Binding("shift+tab", "dedent", "Indent less", show=False),
            Binding("tab", "take_ghost('all')", "Take the suggestion", show=False, priority=True),
            # Declared anew, for a key of a class takes the place of the same key of its parents.
            Binding("end", "cursor_line_end", "Cursor line end", show=False, id="text.cursor_line_end"),
            Binding("ctrl+right", "cursor_word_right", "Cursor word right", show=False, id="text.cursor_word_right"),
            Binding("end", "take_ghost('line')", "Take a line of the suggestion", show=False, priority=True),
            Binding("ctrl+right", "take_ghost('word')", "Take a word of the suggestion", show=False, priority=True),
        ],
    )

    @dataclass
    class GhostTaken(Message):
        """A suggestion, or its beginning, is in the text now, from that character on."""

        text: str
        at: int

    modal: Modal | None = None
    """vim's modes, while the settings want them."""

    @dataclass
    class GhostDismissed(Message):
        """Esc dropped what was suggested at character `at`."""

        text: str
        at: int

    went_back = -1
    """The revision that the last undo or redo has made: who takes something back wants nothing suggested there."""

    _ghost = ""
    _ghost_since = 0.0
    _ghost_at = (-1, 0, 0)
    """Revision, row and column that the suggestion is for."""

    def undo(self) -> None:
        """Take the last change back."""
        super().undo()
        self.went_back = self.revision

    def redo(self) -> None:
        """Make the change that was taken back again."""
        super().redo()
        self.went_back = self.revision

    def replace_all(self, text: str) -> None:
        """Another text, as one change that can be undone; the cursor stays on its line, lines at both ends are kept."""
        old, new = self.document.lines, text.split("\n")
        least = min(len(old), len(new))
        head = next((i for i in range(least) if old[i] != new[i]), least)
        tail = next((i for i in range(least - head) if old[-1 - i] != new[-1 - i]), least - head)
        at = self.cursor_location
        if head == len(old) == len(new):
            return
        body = "\n".join(new[head : len(new) - tail])
        if tail and head:
            self.replace(
                "\n" + body if head < len(new) - tail else "",
                (head - 1, len(old[head - 1])),
                (len(old) - tail - 1, len(old[-1 - tail])),
            )
        else:
            self.replace(text, self.document.start, self.document.end)
        self.move_cursor(self.clamp_visitable(at))

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.put(event.text.replace("\r\n", "\n").replace("\r", "\n"))

    async def _on_key(self, event: events.Key) -> None:
        self.modal = modal_of(self, self.modal)
        if self.modal is not None and self.modal.take(event):
            # vim knows one cursor; typing in its insert mode comes past here.
            self.only_main()
            self._restart_blink()
            return
        if event.key == "escape":
            # Textual's own would leave the widget; Esc first takes back what hangs over the text.
            event.prevent_default()
            self._restart_blink()
            if self.take_back():
                event.stop()
            return
        if not self.read_only and (act := self._typing(event)):
            event.stop()
            event.prevent_default()
            self._restart_blink()
            act()
            return
        await super()._on_key(event)
        if not event.is_printable and await self._does(event.key):
            event.stop()
            event.prevent_default()

    async def _does(self, key: str) -> bool:
        """Do what a key of this widget does in its turn; Textual's own way is so long that a letter overtakes it."""
        chain = self.screen._modal_binding_chain
        own = next((bindings.key_to_bindings for namespace, bindings in chain if namespace is self), {})
        for binding in own.get(key, ()):
            if not binding.priority and await self.app.run_action(binding.action, self):
                return True
        return False

    def _typing(self, event: events.Key) -> Callable[[], object] | None:
        """What typing a key does that a plain text area would do otherwise, or at one place only."""
        if event.key == "enter":
            return self._break_line if not self.further else lambda: self.at_each(self._break_line)
        if event.key == "tab" and any(place.start[0] != place.end[0] for place in (self.selection, *self.further)):
            return lambda: self.at_each(self._indent)
        if not self.further:
            return None
        if event.key == "tab":
            return lambda: self.at_each(self._tab)
        typed = event.character if event.is_printable else None
        return (lambda: self.type_in(typed)) if typed else None

    def _break_line(self) -> None:
        """A new line, indented as the one at hand, and one step further after what opens a block."""
        row, column = min(self.selection)
        before = self.document[row][:column]
        indent = before[: len(before) - len(before.lstrip(" \t"))]
        if before.rstrip().endswith((":", "{", "(", "[")):
            indent += "\t" if indent.startswith("\t") else " " * self.indent_width
        self._replace_via_keyboard("\n" + indent, *self.selection)

    def _tab(self) -> None:
        self._replace_via_keyboard(" " * self._find_columns_to_next_tab_stop(), *self.selection)

    def _rows(self) -> range:
        """The lines of the selection; one that it only ends at the beginning of is none."""
        (first, _), (last, column) = sorted(self.selection)
        return range(first, last + (column > 0 or first == last))

    def _indent(self) -> None:
        """A step of indentation more for the lines of the selection that are not empty."""
        for row in self._rows():
            if line := self.document[row]:
                self.insert("\t" if line.startswith("\t") else " " * self.indent_width, (row, 0))

    def _dedent(self) -> None:
        for row in self._rows():
            line = self.document[row]
            cut = 1 if line.startswith("\t") else len(line) - len(line.lstrip(" "))
            if cut:
                self.delete((row, 0), (row, min(cut, self.indent_width) if line[0] == " " else 1))

    def action_dedent(self) -> None:
        """Take a step of indentation from the lines of each selection."""
        if not self.read_only:
            self.at_each(self._dedent)

    def take_back(self) -> bool:
        """Esc first drops what is suggested."""
        dismissed = self.GhostDismissed(self.ghost, self.span.start)
        if self.drop_ghost():
            self.post_message(dismissed)
            return True
        return super().take_back()

    @property
    def ghost(self) -> str:
        """The suggestion; "" where there is none for this text and cursor."""
        here = (self.revision, *self.cursor_location)
        return self._ghost if self._ghost_at == here and self.selection.is_empty and not self.further else ""

    def suggested(self) -> tuple[str, int]:
        """Its first line, and how many follow."""
        ghost = self.ghost
        return ghost.partition("\n")[0], ghost.count("\n")

    def over_rows(self) -> dict[int, str]:
        """Its further lines are drawn over the rows below the cursor's."""
        if not self._ghost or "\n" not in self.ghost:
            return {}
        row = self.view.row_of(self.cursor_location[0])
        return {row + below: line for below, line in enumerate(self.ghost.split("\n")) if below}

    def typed_over(self) -> Overtyped | None:
        """The suggestion in whose place the last key put something else; None where that key took it, or only deleted."""
        revision, row, column = self._ghost_at
        if not self._ghost or self.revision != revision + 1:
            return None
        ghost, self._ghost = self._ghost, ""
        at, end = self.document.offset((row, column)), self.document.offset(self.cursor_location)
        return Overtyped(ghost, at, end - at, time.monotonic() - self._ghost_since) if end > at else None

    def show_ghost(self, text: str) -> None:
        """Suggest `text` from the cursor on; nothing while there are several cursors."""
        self._ghost = "" if self.further else text
        self._ghost_since = time.monotonic()
        self._ghost_at = (self.revision, *self.cursor_location)
        self._paint_changed()

    def drop_ghost(self) -> bool:
        """Suggest nothing; False where nothing was."""
        had = bool(self.ghost)
        self._ghost = ""
        if had:
            self._paint_changed()
        return had

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The keys of a suggestion are what they are without one while none is drawn."""
        return bool(self.ghost) if action == "take_ghost" else super().check_action(action, parameters)

    def action_take_ghost(self, part: str) -> None:
        """Put the suggestion into the text, or its next line or word."""
        self.take_ghost(part)

    def take_ghost(self, part: str) -> bool:
        """Put a part of the suggestion into the text: "all", "line" or "word"; False where there is none."""
        ghost = self.ghost
        if not ghost:
            return False
        if part == "line":
            taken = ghost.partition("\n")[0] or "\n" + ghost[1:].partition("\n")[0]
        elif part == "word":
            match = _WORD.match(ghost)
            taken = match[0] if match else ghost
        else:
            taken = ghost
        rest, at = ghost[len(taken) :], self.span.start
        self.insert(taken, self.cursor_location, maintain_selection_offset=False)
        if rest:
            self.show_ghost(rest)
        else:
            self._ghost = ""
        self.post_message(self.GhostTaken(taken, at))
        return True
