"""Keeps lessons in one SQLite file that only the person can read, with secrets masked before anything is written.

Nothing is kept unless the setting `lessons` says "on". What is deleted is overwritten in the file, not only unlinked.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, fields, replace
from pathlib import Path

from assistant.config import Config
from assistant.errors import AssistantError
from assistant.ground import paths
from assistant.ground.secrets import masked
from assistant.lessons.lesson import AFTER, BEFORE, TEXT, Kept, Lesson

_COLUMNS = tuple(field.name for field in fields(Lesson))
_MASKED = ("instruction", "before", "old", "after", "proposed", "final", "comment")
# A line out of the middle of a private key, whose first line lies outside of what is kept.
_KEY_LINES = re.compile(
    r"(?m)^[ \t]*[\"']?(?=\S*\d)(?=\S*[A-Z])(?=\S*[a-z])[A-Za-z0-9+/]{60,80}={0,2}(?=(?:\\n)?[\"']?[ \t,+\\)]*$)"
)
_LONGEST_TOKEN = 250
"""Characters that a token may have; so many are left out at the cut end of a line that is too long by itself."""
_TABLE = f"""
CREATE TABLE IF NOT EXISTS lessons (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time REAL NOT NULL,
    {", ".join(f"{name} TEXT NOT NULL" for name in _COLUMNS)}
)
"""


def record(config: Config, lesson: Lesson) -> int | None:
    """Keep a lesson, if the person has agreed to that; returns its number, None where they have not.

    Called by whoever sees a proposal judged: once for each hunk of a review when it is decided (`kind="change"`), and
    once for each completion that was shown and then taken or typed over (`kind="completion"`). It writes to disk, so
    not from the thread that draws.

    Raises:
        AssistantError: it cannot be written; the work that it is about is none the worse.
    """
    if config.lessons != "on":
        return None
    lesson = replace(
        lesson,
        before=_last_lines(lesson.before, BEFORE),
        after=_first_lines(lesson.after, AFTER),
        old=_first_lines(lesson.old, TEXT),
        proposed=_first_lines(lesson.proposed, TEXT),
        final=_first_lines(lesson.final, TEXT),
    )
    row = {name: _storable(value) for name, value in asdict(lesson).items()}
    row |= {name: _KEY_LINES.sub("<KEY_LINE>", masked(row[name])) for name in _MASKED}
    with _open() as connection:
        names = ", ".join(("time", *_COLUMNS))
        marks = ", ".join("?" * (len(_COLUMNS) + 1))
        made = connection.execute(
            f"INSERT INTO lessons ({names}) VALUES ({marks})", (time.time(), *(row[name] for name in _COLUMNS))
        )
        return int(made.lastrowid or 0)


def lessons(query: str = "", limit: int = 100_000) -> list[Kept]:
    """Lessons, newest first; with `query`, those that hold each of its words somewhere (case aside)."""
    with _open() as connection:
        found = connection.execute(f"SELECT id, time, {', '.join(_COLUMNS)} FROM lessons ORDER BY id DESC").fetchall()
    kept = [Kept(number, when, Lesson(*rest)) for number, when, *rest in found]
    words = query.casefold().split()
    return [one for one in kept if all(word in _text_of(one.lesson) for word in words)][:limit]


def lesson(number: int) -> Kept:
    """One lesson.

    Raises:
        AssistantError: there is none of that number.
    """
    found = next((one for one in lessons() if one.id == number), None)
    if found is None:
        raise AssistantError(f"there is no lesson {number}", hint="wizard-tui lessons list")
    return found


def count() -> int:
    """How many there are."""
    with _open() as connection:
        return int(connection.execute("SELECT count(*) FROM lessons").fetchone()[0])


def delete(numbers: Sequence[int]) -> int:
    """Delete lessons for good, and what learning has copied of any; returns how many there were."""
    _delete_copies()
    with _open() as connection:
        return sum(connection.execute("DELETE FROM lessons WHERE id = ?", (number,)).rowcount for number in numbers)


def delete_all() -> int:
    """Delete every lesson, the file with them, and what learning has copied; returns how many there were."""
    gone = count()
    _delete_copies()
    file = _file()
    for suffix in ("", "-wal", "-shm", "-journal"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    return gone


def _delete_copies() -> None:
    # A run of learning that is under way ends by it: it would go on with what is to be gone.
    shutil.rmtree(paths.learning_folder(), ignore_errors=True)
    # The workshop's cache of token ids is text in another form; what else is in it can be made again.
    shutil.rmtree(paths.cache_folder("tokens"), ignore_errors=True)


def _text_of(lesson: Lesson) -> str:
    parts = (
        lesson.verdict,
        lesson.kind,
        lesson.path,
        lesson.instruction,
        lesson.old,
        lesson.proposed,
        lesson.final,
        lesson.comment,
    )
    return "\n".join(parts).casefold()


def _last_lines(text: str, most: int) -> str:
    """Whole lines at the end of a text: half a secret has no form by which it could be found."""
    if len(text) < most:
        return text
    _, line_end, rest = text[-most:].partition("\n")
    return rest if line_end else text[-most + _LONGEST_TOKEN :]


def _first_lines(text: str, most: int) -> str:
    if len(text) < most:
        return text
    rest, line_end, _ = text[:most].rpartition("\n")
    return rest + line_end if line_end else text[: most - _LONGEST_TOKEN]


def _file() -> Path:
    return paths.lessons_file()


@contextmanager
def _open() -> Iterator[sqlite3.Connection]:
    file = _file()
    try:
        file.touch(mode=0o600)
        file.chmod(0o600)
        with closing(sqlite3.connect(file, timeout=10)) as connection:
            # The journal of a deletion would keep what was deleted; overwritten pages do not.
            connection.execute("PRAGMA secure_delete=ON")
            connection.execute(_TABLE)
            with connection:
                yield connection
    except (sqlite3.Error, OSError) as error:
        raise AssistantError(
            f"cannot use the lessons in {file}", str(error), f"move {file} away, or wizard-tui lessons off"
        ) from None


def _storable(text: str) -> str:
    """Lone surrogates cannot be stored as UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")
