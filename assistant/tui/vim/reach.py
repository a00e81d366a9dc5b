"""How far a motion or an object reaches from the cursor, with its count, and what the last search and find were.

It answers with places; it changes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.tui.vim.grammar import Meant
from assistant.tui.vim.motions import MOTIONS, Lines, Place, find, first_character, word_end
from assistant.tui.vim.objects import text_object
from assistant.tui.vim.search import pattern_of, search

_LONGEST_COUNT = 10_000
_END = 1 << 40


@dataclass(frozen=True)
class Reached:
    """From `start` to `end`, the end not included; `whole` for all of the lines between."""

    start: Place
    end: Place
    whole: bool


class Seeker:
    """Follows motions; remembers the column that j and k want, and what was searched for."""

    def __init__(self) -> None:
        self._column: int | None = None
        self._stood: Place | None = None
        self._pattern: re.Pattern[str] | None = None
        self._forward = True
        self._found: tuple[str, str] = ("", "")

    def look_for(self, words: str, forward: bool) -> None:
        """n goes on from here; no words repeat the last ones."""
        if words:
            self._pattern = pattern_of(words)
        self._forward = forward

    def reach(self, lines: Lines, at: Place, meant: Meant) -> Reached | None:
        """Where a motion leads (`end`) from `at`; None where it leads nowhere."""
        count = min(meant.count or 1, _LONGEST_COUNT)
        key = meant.word
        if key in ("G", "gg"):
            row = (meant.count or (1 if key == "gg" else len(lines))) - 1
            return Reached(at, first_character(lines, (max(0, min(row, len(lines) - 1)), 0)), whole=True)
        if key in "fFtT;,":
            place = self._find(lines, at, meant, count)
            return None if place is None else Reached(at, place, whole=False)
        if key in "nN*":
            place = self._search(lines, at, key, count)
            return None if place is None else Reached(at, place, whole=False)
        if key in "jk":
            return self._vertical(lines, at, key, count)
        if key == "$":
            row = min(len(lines) - 1, at[0] + count - 1)
            self._column, self._stood = _END, (row, max(0, len(lines[row]) - 1))
            return Reached(at, self._stood, whole=False)
        function, how = MOTIONS[key]
        place = at
        for _ in range(count):
            before, place = place, function(lines, place)
            if place == before:
                break
        return Reached(at, place, whole=how == "lines")

    def span(self, lines: Lines, at: Place, meant: Meant) -> Reached | None:
        """What an operator takes that is followed by a motion or an object."""
        if meant.what == "object":
            found = text_object(lines, at, meant.word == "a", meant.mark)
            if found is None:
                return None
            whole = meant.mark == "p"
            end = found[1]
            if whole and end[1] == 0 and end[0] > found[0][0]:
                end = (end[0] - 1, 0)
            return Reached(found[0], end, whole)
        if meant.operator == "c" and meant.word in "wW" and _on_word(lines, at):
            return self._change_word(lines, at, meant)
        reached = self.reach(lines, at, meant)
        if reached is None or (reached.whole and reached.end[0] == at[0] and meant.word in "jk"):
            return None
        if meant.word == "%" and reached.end == at:
            return None
        return self._spanned(lines, at, meant, reached)

    def _spanned(self, lines: Lines, at: Place, meant: Meant, reached: Reached) -> Reached:
        start, end = sorted((at, reached.end))
        if reached.whole:
            return Reached(start, (end[0], 0), whole=True)
        inclusive = meant.word in "fte$%E;,"
        if inclusive and reached.end >= at:
            end = (end[0], min(end[1] + 1, len(lines[end[0]])))
        elif inclusive and meant.word == "%":
            end = (end[0], end[1] + 1)
        elif end[0] > start[0] and meant.word in "wW" and lines[start[0]] and not lines[end[0]][: end[1]].strip():
            end = (end[0] - 1, len(lines[end[0] - 1]))
        elif not inclusive:
            return exclusive(lines, start, end)
        return Reached(start, end, whole=False)

    def _change_word(self, lines: Lines, at: Place, meant: Meant) -> Reached:
        """cw ends where the word does, as ce would from before it."""
        row, column = at
        place = (row, column - 1)
        for _ in range(min(meant.count or 1, _LONGEST_COUNT)):
            place = word_end(lines, place, meant.word == "W")
        return Reached(at, (place[0], place[1] + 1), whole=False)

    def _vertical(self, lines: Lines, at: Place, key: str, count: int) -> Reached:
        if self._stood != at or self._column is None:
            self._column = at[1]
        row = max(0, min(len(lines) - 1, at[0] + (count if key == "j" else -count)))
        self._stood = (row, max(0, min(self._column, len(lines[row]) - 1)))
        return Reached(at, self._stood, whole=True)

    def _find(self, lines: Lines, at: Place, meant: Meant, count: int) -> Place | None:
        if meant.word in ";,":
            how, character = self._found
            how = how.swapcase() if meant.word == "," else how
        else:
            how, character = self._found = meant.word, meant.mark
        return find(lines, at, how, character, count, again=meant.word in ";,") if how else None

    def _search(self, lines: Lines, at: Place, key: str, count: int) -> Place | None:
        if key == "*":
            found = text_object(lines, at, False, "w")
            if found is None:
                return None
            row = found[0][0]
            self._pattern = re.compile(rf"\b{re.escape(lines[row][found[0][1] : found[1][1]])}\b")
            self._forward = True
        if self._pattern is None:
            return None
        place: Place | None = at
        for _ in range(count):
            place = search(lines, place or at, self._pattern, self._forward == (key != "N"))
        return place


def exclusive(lines: Lines, start: Place, end: Place) -> Reached:
    """What an operator takes up to a place; one that ends at the beginning of a line leaves that line's break alone."""
    if end[0] == start[0] or end[1] > 0:
        return Reached(start, end, whole=False)
    row = end[0] - 1
    return Reached(start, (row, len(lines[row])), whole=not lines[start[0]][: start[1]].strip())


def _on_word(lines: Lines, at: Place) -> bool:
    character = lines[at[0]][at[1] : at[1] + 1]
    return bool(character.strip())
