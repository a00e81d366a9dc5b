"""vim's modes on a text: keys go in, the text changes; what is not vim's goes back to the editor.

It knows no screen. Saving, leaving and words for the person go to `Host`; typing in insert mode stays the editor's own.
"""

from __future__ import annotations

from typing import Literal

from assistant.tui.vim import changes
from assistant.tui.vim.changes import Buffer, Register
from assistant.tui.vim.command_line import CommandLine, Host
from assistant.tui.vim.grammar import OPERATORS, Meant, read
from assistant.tui.vim.motions import Place
from assistant.tui.vim.reach import Reached, Seeker, exclusive
from assistant.tui.vim.visual import Visual, keys_for

Mode = Literal["normal", "insert", "visual", "visual line", "command"]

_ESCAPE = "\x1b"
_NAMED = {
    "escape": _ESCAPE,
    "ctrl+r": "\x12",
    "left": "h",
    "right": "l",
    "up": "k",
    "down": "j",
    "home": "0",
    "end": "$",
    "backspace": "h",
    "delete": "x",
    "enter": "j",
}
_LONG = {"x": ("d", "l"), "X": ("d", "h"), "D": ("d", "$"), "C": ("c", "$"), "s": ("c", "l")}
_LONGEST_COUNT = 10_000


class Vim:
    """Modal editing of one buffer."""

    def __init__(self, buffer: Buffer, host: Host) -> None:
        self.mode: Mode = "normal"
        self.register = Register()
        self._buffer = buffer
        self._seeker = Seeker()
        self._keys = ""
        self._line = CommandLine(buffer, host, self._seeker)
        self._visual = Visual(buffer)
        self._entered: Place = (0, 0)
        self._last: tuple[str, str] = ("", "")
        self._changing = ""

    @property
    def status(self) -> str:
        """The mode, and what is typed of a command."""
        if self.mode == "command":
            return self._line.text
        return f"{self.mode.upper()} {self._keys}".rstrip()

    def key(self, name: str, character: str | None = None) -> bool:
        """Take a key; False where it is the editor's (typing in insert mode, function keys, a second Esc)."""
        if self.mode == "insert":
            if name == "escape":
                self._leave_insert()
            return name == "escape"
        if self.mode == "command":
            self._type(name, character)
            return True
        printable = character and character.isprintable() and "ctrl" not in name
        token = _NAMED.get(name) or (character if printable else None)
        if token is None:
            return False
        if token == _ESCAPE:
            return self._escape()
        if (token in ":/?" and not self._keys) or (token in "/?" and self._keys[-1] in OPERATORS):
            if self._is_visual:
                self._escape()
            self.mode, self._line.text = "command", token
            return True
        self._feed(token)
        return True

    def _type(self, name: str, character: str | None) -> None:
        place = self._line.key(name, character)
        if self._line.text:
            return
        self.mode = "normal"
        keys, self._keys = self._keys, ""
        at = self._buffer.cursor
        if place is not None and keys and place != at:
            self._buffer.begin_step()
            self._changing = ""
            self._apply(keys[-1], exclusive(self._buffer.lines, *sorted((at, place))))
        elif place is not None and not keys:
            self._stand(place)

    def _feed(self, token: str) -> None:
        self._keys += token
        meant = read(self._keys, self._is_visual)
        if meant == "more":
            return
        keys, self._keys = self._keys, ""
        if isinstance(meant, Meant):
            self._carry_out(meant, keys)

    @property
    def _is_inserting(self) -> bool:
        return self.mode == "insert"

    @property
    def _is_visual(self) -> bool:
        return self.mode in ("visual", "visual line")

    def _escape(self) -> bool:
        had = bool(self._keys) or self._is_visual
        self._keys = ""
        if self._is_visual:
            self.mode = "normal"
            self._stand(self._visual.head)
        return had

    # -- carrying out

    def _carry_out(self, meant: Meant, keys: str) -> None:
        if self._is_visual:
            self._in_visual(meant)
            return
        if meant.what == "command" and meant.word in ".uvV\x12yY":
            self._plain(meant)
            return
        if meant.operator in ("", "y") and meant.what != "command":
            self._operate(meant) if meant.operator else self._go(meant)
            return
        self._buffer.begin_step()
        self._changing = keys
        self._operate(meant) if meant.operator else self._plain(meant)
        if self.mode != "insert":
            self._last = (keys, "")

    def _go(self, meant: Meant) -> None:
        reached = self._seeker.reach(self._buffer.lines, self._buffer.cursor, meant)
        if reached is not None:
            self._stand(reached.end)

    def _stand(self, place: Place) -> None:
        """Put the cursor on a character, as normal mode wants it."""
        lines = self._buffer.lines
        row = max(0, min(place[0], len(lines) - 1))
        self._buffer.move((row, max(0, min(place[1], len(lines[row]) - 1))))

    def _operate(self, meant: Meant) -> None:
        buffer = self._buffer
        if meant.what == "line":
            row, count = buffer.cursor[0], meant.count or 1
            if count > 1 and row == len(buffer.lines) - 1:
                return
            last = min(len(buffer.lines) - 1, row + count - 1)
            reached: Reached | None = Reached(buffer.cursor, (last, 0), whole=True)
        else:
            reached = self._seeker.span(buffer.lines, buffer.cursor, meant)
        if reached is not None:
            self._apply(meant.operator, reached)

    def _apply(self, operator: str, reached: Reached) -> None:
        buffer, start, end = self._buffer, reached.start, reached.end
        if operator in "<>":
            changes.shift_lines(buffer, start[0], end[0], operator == ">")
        elif operator == "y" and reached.whole:
            self.register = Register("\n".join(buffer.lines[start[0] : end[0] + 1]), whole=True)
            self._stand(start)
        elif operator == "y":
            self.register = Register(changes.text_between(buffer, start, end))
            self._stand(start)
        elif reached.whole:
            change = changes.clear_lines if operator == "c" else changes.delete_lines
            self.register = change(buffer, start[0], end[0])
        else:
            if end > start:
                self.register = changes.delete(buffer, start, end)
            if operator == "d":
                self._stand(buffer.cursor)
        if operator == "c":
            self._insert(buffer.cursor)

    def _plain(self, meant: Meant) -> None:
        word, count, buffer = meant.word, min(meant.count or 1, _LONGEST_COUNT), self._buffer
        row, column = buffer.cursor
        line = buffer.lines[row]
        if word in _LONG:
            operator, motion = _LONG[word]
            if line or operator == "c":
                self._operate(Meant(operator, meant.count, "motion", motion))
        elif word in "SY":
            self._operate(Meant("c" if word == "S" else "y", meant.count, "line", ""))
        elif word in "iaIA":
            at = {"i": column, "a": min(column + 1, len(line)), "A": len(line)}.get(word)
            first = len(line) - len(line.lstrip())
            self._insert((row, first if at is None else at))
        elif word in "oO":
            changes.open_line(buffer, word == "o")
            self._insert(buffer.cursor)
        elif word in "pP":
            changes.put(buffer, self.register, word == "p", count)
        elif word == "J":
            changes.join_lines(buffer, count)
        elif word in "~r":
            self._over_type(meant, count)
        elif word in "u\x12":
            for _ in range(count):
                buffer.undo() if word == "u" else buffer.redo()
            self._stand(buffer.cursor)
        elif word in "vV":
            self._see(word, (row, column), (row, column))
        elif word == ".":
            self._repeat()

    def _over_type(self, meant: Meant, count: int) -> None:
        row, column = self._buffer.cursor
        end = min(column + count, len(self._buffer.lines[row]))
        if meant.word == "r" and end - column < count:
            return
        changes.over_type(self._buffer, (row, column), (row, end), meant.mark or "~")
        self._stand((row, end if meant.word == "~" else max(column, end - 1)))

    def _repeat(self) -> None:
        keys, inserted = self._last
        if not keys:
            return
        for token in keys:
            self._feed(token)
        if self.mode == "insert":
            self._buffer.replace(self._buffer.cursor, self._buffer.cursor, inserted)
            rows = inserted.split("\n")
            row, column = self._entered
            self._buffer.move((row + len(rows) - 1, len(rows[-1]) + (column if len(rows) == 1 else 0)))
            self._leave_insert()

    # -- insert mode

    def _insert(self, at: Place) -> None:
        self.mode = "insert"
        self._buffer.move(at)
        self._entered = self._buffer.cursor

    def _leave_insert(self) -> None:
        self.mode = "normal"
        buffer, at = self._buffer, self._buffer.cursor
        inserted = changes.text_between(buffer, self._entered, at) if self._entered <= at else ""
        self._last = (self._changing, inserted)
        if not inserted and self._changing[-1:] in tuple("oOSc") and not buffer.lines[at[0]].strip():
            # Blanks that only we put there, for text that did not come.
            buffer.replace((at[0], 0), (at[0], len(buffer.lines[at[0]])), "")
        self._stand((at[0], buffer.cursor[1] - 1))
        buffer.begin_step()

    # -- visual mode

    def _see(self, word: str, anchor: Place, head: Place) -> None:
        self.mode = "visual" if word == "v" else "visual line"
        self._visual.begin(anchor, head, lines=word == "V")

    def _in_visual(self, meant: Meant) -> None:
        if meant.what == "command":
            self._on_selection(meant)
        else:
            self._visual.go(self._seeker, meant)

    def _on_selection(self, meant: Meant) -> None:
        word = meant.word
        if word == "o":
            self._visual.turn_round()
        elif word in "vV" and self._visual.lines == (word == "V"):
            self._escape()
        elif word in "vV":
            self._see(word, self._visual.anchor, self._visual.head)
        else:
            reached = self._visual.reached
            self.mode = "normal"
            self._buffer.begin_step()
            self._changing = keys_for(word, reached)
            self._change_selected(word, meant.mark, reached)
            if word != "y" and not self._is_inserting:
                self._last = (self._changing, "")

    def _change_selected(self, word: str, mark: str, reached: Reached) -> None:
        buffer = self._buffer
        operator = {"x": "d", "s": "c"}.get(word, word)
        if operator in OPERATORS:
            self._apply(operator, reached)
        elif word in "pP":
            self.register = changes.put_over(buffer, self.register, reached.start, reached.end, reached.whole)
        elif word == "J":
            buffer.move(reached.start)
            changes.join_lines(buffer, reached.end[0] - reached.start[0] + 1)
        else:
            start = (reached.start[0], 0) if reached.whole else reached.start
            changes.over_type(buffer, start, reached.end, f"r{mark}" if mark else word)
            self._stand(start)
