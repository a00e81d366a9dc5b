"""Opens the database of conversations: its tables, its safety settings, and what to do with a damaged file.

WAL with `synchronous=FULL`: what a commit returned from survives kill -9 and power loss. A file that SQLite calls
damaged is put aside whole under a new name and a fresh one begun; one that only cannot be written now is left alone.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from assistant.errors import AssistantError

VERSION = 3

_TABLES = """
CREATE TABLE IF NOT EXISTS sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    folder TEXT NOT NULL,
    parent INTEGER,
    draft TEXT NOT NULL DEFAULT '',
    context TEXT NOT NULL DEFAULT '',
    created REAL NOT NULL,
    updated REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session INTEGER NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    text TEXT NOT NULL,
    attached TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL,
    writer TEXT NOT NULL DEFAULT '',
    model TEXT NOT NULL DEFAULT '',
    tokens INTEGER NOT NULL DEFAULT 0,
    seconds REAL NOT NULL DEFAULT 0,
    created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS pieces (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message INTEGER NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
    text TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS messages_of_session ON messages(session, id);
CREATE INDEX IF NOT EXISTS pieces_of_message ON pieces(message, id);
"""

_ADDED = {
    2: "ALTER TABLE messages ADD COLUMN attached TEXT NOT NULL DEFAULT '';",
    3: "ALTER TABLE sessions ADD COLUMN context TEXT NOT NULL DEFAULT '';",
}
"""What each version added to the tables of the one before."""

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def open_database(file: Path) -> tuple[sqlite3.Connection, str]:
    """A connection to the conversations in `file`, and a sentence for the person where something was wrong.

    Conversations that cannot be kept on disk (read-only folder, full disk, a newer program's file) are kept in
    memory, and the sentence says so.
    """
    try:
        return _connect(file), ""
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
            aside = _put_aside(file)
            return _connect(file), f"The file of conversations was damaged. It is kept as {aside}; a new one is begun."
        why = str(error)
    except (AssistantError, OSError) as error:
        why = str(error)
    return _in_memory(), f"Conversations are not kept this time: {why}."


def _connect(file: Path) -> sqlite3.Connection:
    file.touch(mode=0o600)
    connection = sqlite3.connect(file, timeout=10, check_same_thread=False, isolation_level=None)
    try:
        _require_known_version(connection)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        _prepare(connection)
        fault = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if fault != "ok":
            damage = sqlite3.DatabaseError(fault)
            damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise damage
    except BaseException:
        connection.close()
        raise
    return connection


def _in_memory() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    _prepare(connection)
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA foreign_keys=ON")
    connection.create_function("folded", 1, lambda text: str(text).casefold(), deterministic=True)
    version = _version(connection)
    if version < VERSION:
        newer = " ".join(_ADDED[since] for since in range(2, VERSION + 1) if 0 < version < since)
        connection.executescript(f"BEGIN IMMEDIATE; {newer} {_TABLES} PRAGMA user_version={VERSION}; COMMIT;")


def _require_known_version(connection: sqlite3.Connection) -> None:
    if _version(connection) > VERSION:
        raise AssistantError("the file of conversations was made by a newer wizard-tui")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _put_aside(file: Path) -> Path:
    aside = file.with_name(f"{file.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
    for suffix in ("", "-wal", "-shm"):
        part = file.with_name(file.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside
