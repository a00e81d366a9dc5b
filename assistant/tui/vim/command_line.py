"""vim's command line: `/words`, `?words`, `:w`, `:q`, `:LINE`, `:%s/OLD/NEW/g`.

It says where the cursor goes; the modes are `vim`'s.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Protocol

from assistant.tui.vim.changes import Buffer
from assistant.tui.vim.grammar import Meant
from assistant.tui.vim.motions import Place, first_character
from assistant.tui.vim.reach import Seeker
from assistant.tui.vim.search import substituted


class Host(Protocol):
    """The editor around the text."""

    def save(self) -> None:
        """`:w`."""

    def leave(self) -> None:
        """`:q`; the editor asks about what is not saved."""

    def save_and_leave(self) -> None:
        """`:wq` and `:x`."""

    def tell(self, words: str) -> None:
        """Say something short."""


class CommandLine:
    """The line while it is typed; `text` is "" when there is none."""

    def __init__(self, buffer: Buffer, host: Host, seeker: Seeker) -> None:
        self.text = ""
        self._buffer = buffer
        self._host = host
        self._seeker = seeker

    def key(self, name: str, character: str | None) -> Place | None:
        """Take a key; answers where the cursor goes, once the line is carried out."""
        if name == "escape":
            self.text = ""
        elif name == "backspace":
            self.text = self.text[:-1]
        elif name == "enter":
            line, self.text = self.text, ""
            return self._search(line[0], line[1:]) if line[0] in "/?" else self._run(line[1:].strip())
        elif character and character.isprintable():
            self.text += character
        return None

    def _search(self, kind: str, words: str) -> Place | None:
        self._seeker.look_for(words, forward=kind == "/")
        reached = self._seeker.reach(self._buffer.lines, self._buffer.cursor, Meant("", None, "motion", "n"))
        if reached is None:
            self._host.tell(f"{words} is not in this file" if words else "nothing was searched for yet")
            return None
        return reached.end

    def _run(self, words: str) -> Place | None:
        lines = self._buffer.lines
        known: dict[str, Callable[[], None]] = {
            "w": self._host.save,
            "q": self._host.leave,
            "wq": self._host.save_and_leave,
            "x": self._host.save_and_leave,
        }
        if words in known:
            known[words]()
        elif words == "$" or (words.isascii() and words.isdigit()):
            row = len(lines) - 1 if words == "$" else int(words) - 1
            return first_character(lines, (max(0, min(row, len(lines) - 1)), 0))
        elif (found := re.fullmatch(r"(%)?(s\W.*)", words)) and substituted("", found[2]) is not None:
            return self._substitute(found[2], range(len(lines)) if found[1] else (self._buffer.cursor[0],))
        elif words:
            self._host.tell(f"there is no command :{words}; there are :w :q :wq :x :LINE and :%s/OLD/NEW/g")
        return None

    def _substitute(self, command: str, rows: Iterable[int]) -> Place | None:
        buffer = self._buffer
        buffer.begin_step()
        count, at = 0, None
        for row in reversed(list(rows)):
            line = buffer.lines[row]
            new, times = substituted(line, command) or (line, 0)
            if times:
                buffer.replace((row, 0), (row, len(line)), new)
                count, at = count + times, row if at is None else at
        self._host.tell(f"replaced {count} times" if count != 1 else "replaced once")
        return None if at is None else (at, 0)
