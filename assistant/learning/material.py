"""What is learned and what is held out: rows made of lessons and of the project's symbols, with secrets masked.

A lesson is held out by a hash of what it is about, so it stays on its side as lessons are added, and nothing that holds
much of its code is learned from either. This reads no files and knows no model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from assistant.ground.secrets import masked
from assistant.lessons.export import fenced, task
from assistant.lessons.lesson import Kept, Lesson

HELD_OUT_SHARE = 0.25
"""How much of the lessons nothing is trained on."""
_BEFORE, _AFTER = 1200, 400
"""Characters of code around a gap: with its middle they fit into the tokens of the recipe."""
_SHORT = 400
"""Characters of old code that a task in few words may quote."""
_TELLING = 8
"""Characters from which on a line is one's own and not any program's."""
_ALIKE = 0.5
"""The share of a held-out answer's telling lines from which on another text gives it away."""


@dataclass(frozen=True)
class Row:
    """One thing to learn, as `wizard-train finetune` reads it; with `before` and `after` it is also a gap around `code`."""

    instruction: str
    language: str
    code: str
    about: str
    """What it is about; rows of one wish, or of one completion, share it."""
    before: str = ""
    after: str = ""
    gap: bool = False
    wish: str = ""
    """The task in few words, for growing harder ones from it; "" where it says nothing without the code around."""

    def data(self) -> dict[str, str]:
        """The row as JSON holds it."""
        row = {"instruction": masked(self.instruction), "response": masked(fenced(self.language, self.code))}
        if self.gap:
            row |= {"before": masked(self.before), "middle": masked(self.code), "after": masked(self.after)}
        return row


@dataclass(frozen=True)
class Material:
    """What is learned, what is measured, and what came of the lessons."""

    train: tuple[Row, ...]
    held_out: tuple[Row, ...]
    lessons: int
    """Lessons that say what is right; those that do not are left out."""
    symbols: int
    left_out: int
    """Rows that were not learned because they hold what is measured."""


def rows_of(kept: Iterable[Kept]) -> list[Row]:
    """The rows of lessons that say what is right, oldest first, each once."""
    rows: dict[tuple[str, str], Row] = {}
    for one in sorted(kept, key=lambda one: one.id):
        row = _row(one.lesson)
        if row is not None:
            rows[row.instruction, row.code] = row
    return list(rows.values())


def sorted_out(lessons: Sequence[Row], symbols: Sequence[Row]) -> Material:
    """Lessons and symbols parted into what is learned and what is held out."""
    held_out = [row for row in lessons if is_held_out(row)]
    secret = [_lines(row.code) for row in held_out]
    own = [row for row in lessons if not is_held_out(row)]
    fit = [row for row in own if not _gives_away(row.code, secret)]
    fit_symbols = [row for row in symbols if not _gives_away(row.code, secret)]
    left_out = len(own) - len(fit) + len(symbols) - len(fit_symbols)
    return Material((*fit, *fit_symbols), tuple(held_out), len(lessons), len(fit_symbols), left_out)


def is_held_out(row: Row) -> bool:
    """Whether nothing is trained on this row, today or later."""
    number = int.from_bytes(hashlib.sha256(row.about.encode("utf-8", "replace")).digest()[:6])
    return number / 2**48 < HELD_OUT_SHARE


def _row(lesson: Lesson) -> Row | None:
    # A rejected change says what is wrong; a rejected completion also says what was typed in its place.
    typed = lesson.kind == "completion" and lesson.final != lesson.proposed
    if not lesson.final.strip() or (lesson.verdict == "rejected" and not typed):
        return None
    if lesson.kind == "change":
        about = f"{lesson.path}\0{lesson.instruction}"
        return Row(task(lesson), lesson.language, lesson.final, about, wish=_wish(lesson))
    about = f"{lesson.path}\0{' '.join(lesson.final.split())}"
    before, after = lesson.before[-_BEFORE:], lesson.after[:_AFTER]
    return Row(task(_shortened(lesson, before, after)), lesson.language, lesson.final, about, before, after, True)


def _shortened(lesson: Lesson, before: str, after: str) -> Lesson:
    return replace(lesson, before=before, after=after)


def _wish(lesson: Lesson) -> str:
    old = lesson.old.strip()
    return (
        f"{lesson.instruction}\n\n{fenced(lesson.language, lesson.old)}"
        if 0 < len(old) <= _SHORT
        else lesson.instruction
    )


def grown_from(rows: Sequence[Row], most: int) -> list[Row]:
    """At most `most` rows as tasks to grow harder ones from: the newest wishes in few words, then the symbols."""
    wishes = [replace(row, instruction=row.wish) for row in reversed(rows) if row.wish]
    others = [row for row in rows if not row.wish and not row.gap]
    gaps = [row for row in reversed(rows) if row.gap]
    return [*wishes, *others, *gaps][:most]


def _gives_away(code: str, secret: Sequence[Collection[str]]) -> bool:
    """Whether a text holds so much of a held-out answer that learning it would be learning the answer."""
    lines = _lines(code)
    return any(answer and len(lines & set(answer)) >= _ALIKE * len(answer) for answer in secret)


def _lines(code: str) -> set[str]:
    lines = (" ".join(line.split()) for line in code.splitlines())
    return {line for line in lines if len(line) >= _TELLING}
