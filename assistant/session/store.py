"""Conversations on disk, written as they happen: what was shown once is there after kill -9.

A reply in the making is a row of `messages` and rows of `pieces`, one a time step, joined when the reply ends. Every
method is one transaction and may be called from any thread. This does not know the engine, nor what fits a prompt.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant.engine.api import Role
from assistant.errors import AssistantError
from assistant.jobs.process import is_there
from assistant.session.context_choices import ContextChoices
from assistant.session.records import MessageState, SessionSummary, StoredMessage, title_of
from assistant.session.schema import open_database

_TEXT = "m.text || coalesce((SELECT group_concat(text, '') FROM (SELECT text FROM pieces WHERE message = m.id ORDER BY id)), '')"

_WRITER = f"{os.getpid()}:{secrets.token_hex(8)}"
"""This process: its number, and a word that tells it from an earlier process of the same number."""


class Store:
    """The conversations in one SQLite file.

    Args:
        file: the database; made when missing, put aside when damaged (`notice` then says so).
    """

    def __init__(self, file: Path) -> None:
        self._connection, self.notice = open_database(file)
        self._lock = threading.RLock()

    def close(self) -> None:
        """Close the file; nothing is lost without it."""
        with self._lock:
            self._connection.close()

    def create(self, folder: str, title: str, parent: int | None = None) -> int:
        """A new conversation; returns its id."""
        now = time.time()
        with self._transaction() as connection:
            row = connection.execute(
                "INSERT INTO sessions (title, folder, parent, created, updated) VALUES (?, ?, ?, ?, ?)",
                (_storable(title), _storable(folder), parent, now, now),
            )
            return int(row.lastrowid or 0)

    def add(self, session: int, role: Role, text: str, state: MessageState = "done", model: str = "") -> int:
        """Store a message at the end of `session`; returns its id."""
        now = time.time()
        with self._transaction() as connection:
            row = connection.execute(
                "INSERT INTO messages (session, role, text, state, writer, model, created) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (session, role, _storable(text), state, _WRITER, _storable(model), now),
            )
            connection.execute("UPDATE sessions SET updated = ? WHERE id = ?", (now, session))
            return int(row.lastrowid or 0)

    def append(self, message: int, text: str) -> None:
        """Store the next piece of a reply that is being written."""
        with self._transaction() as connection:
            connection.execute("INSERT INTO pieces (message, text) VALUES (?, ?)", (message, _storable(text)))

    def finish(self, message: int, state: MessageState, tokens: int = 0, seconds: float = 0.0) -> None:
        """Join the pieces of a reply; it is not written to again."""
        with self._transaction() as connection:
            connection.execute(
                f"UPDATE messages AS m SET text = {_TEXT}, state = ?, tokens = ?, seconds = ? WHERE id = ?",
                (state, tokens, seconds, message),
            )
            connection.execute("DELETE FROM pieces WHERE message = ?", (message,))

    def context(self, session: int) -> str:
        """What was chosen about the context of a conversation, "" when nothing."""
        row = self._one("SELECT context FROM sessions WHERE id = ?", session)
        return str(row[0]) if row else ""

    def set_context(self, session: int, text: str) -> None:
        """Keep what was chosen about the context."""
        with self._transaction() as connection:
            connection.execute("UPDATE sessions SET context = ? WHERE id = ?", (_storable(text), session))

    def messages(self, session: int) -> list[StoredMessage]:
        """The messages of a conversation, oldest first; a reply whose writer is gone reads as `cut`."""
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT m.id, m.role, {_TEXT}, m.state, m.created, m.model, m.tokens, m.seconds, m.attached, m.writer "
                "FROM messages AS m WHERE m.session = ? ORDER BY m.id",
                (session,),
            ).fetchall()
        return [StoredMessage(i, r, t, _state(s, w), *rest) for i, r, t, s, *rest, w in rows]

    def sessions(self, query: str = "", limit: int = 500) -> list[SessionSummary]:
        """Conversations, newest first; with `query`, those whose title or text holds it (case aside)."""
        wanted = query.strip().casefold()
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT s.id, s.title, s.folder, s.updated, (SELECT count(*) FROM messages WHERE session = s.id), "
                "CASE WHEN ?1 = '' THEN '' ELSE coalesce((SELECT text FROM messages WHERE session = s.id "
                "AND instr(folded(text), ?1) LIMIT 1), '') END AS found, s.parent "
                "FROM sessions AS s WHERE ?1 = '' OR instr(folded(s.title), ?1) OR found != '' "
                "ORDER BY s.updated DESC, s.id DESC LIMIT ?2",
                (_storable(wanted), limit),
            ).fetchall()
        return [SessionSummary(i, t, f, u, n, _around(text, wanted), p) for i, t, f, u, n, text, p in rows]

    def summary(self, session: int) -> SessionSummary | None:
        """One conversation as the list shows it; None when it is gone."""
        row = self._one(
            "SELECT id, title, folder, updated, (SELECT count(*) FROM messages WHERE session = s.id), '', parent "
            "FROM sessions AS s WHERE id = ?",
            session,
        )
        return SessionSummary(*row) if row else None

    def interrupted(self, folder: str) -> int | None:
        """The newest conversation of `folder` if a reply of it was cut by the end of the app, else None."""
        row = self._one(
            "SELECT s.id, m.state, m.writer FROM sessions AS s JOIN messages AS m ON m.session = s.id "
            "WHERE s.folder = ? ORDER BY s.updated DESC, m.id DESC LIMIT 1",
            _storable(folder),
        )
        return row[0] if row and row[1] == "streaming" and _state(row[1], row[2]) == "cut" else None

    def family(self, session: int) -> list[int]:
        """The ids of a conversation and of all that come from the same first one by forking, oldest first."""
        with self._reading() as connection:
            rows = connection.execute(
                "WITH RECURSIVE up(id, parent) AS (SELECT id, parent FROM sessions WHERE id = ?1 UNION "
                "SELECT s.id, s.parent FROM sessions AS s JOIN up ON s.id = up.parent), "
                "down(id) AS (SELECT min(id) FROM up UNION SELECT s.id FROM sessions AS s JOIN down ON s.parent = down.id) "
                "SELECT id FROM down WHERE id IS NOT NULL ORDER BY id",
                (session,),
            ).fetchall()
        return [int(row[0]) for row in rows]

    def settle(self, session: int) -> None:
        """Join the pieces of replies whose writer is gone; they stay marked as cut."""
        for message in self.messages(session):
            if message.state == "cut":
                self.finish(message.id, "cut", message.tokens, message.seconds)

    def rename(self, session: int, title: str) -> None:
        """Give a conversation a name; an empty one is not taken."""
        if title.strip():
            with self._transaction() as connection:
                connection.execute("UPDATE sessions SET title = ? WHERE id = ?", (_storable(title.strip()), session))

    def fork(self, session: int, through: int | None = None) -> int:
        """Copy a conversation (up to and with message `through`) into a new one; returns the copy's id."""
        now = time.time()
        with self._transaction() as connection:
            row = connection.execute(
                "INSERT INTO sessions (title, folder, parent, context, created, updated) "
                "SELECT 'Fork of ' || title, folder, id, context, ?, ? FROM sessions WHERE id = ?",
                (now, now, session),
            )
            copy = int(row.lastrowid or 0)
            connection.execute(
                "INSERT INTO messages (session, role, text, attached, state, writer, model, tokens, seconds, created) "
                f"SELECT ?, m.role, {_TEXT}, m.attached, replace(m.state, 'streaming', 'cut'), '', m.model, m.tokens, m.seconds, "
                "m.created FROM messages AS m WHERE m.session = ? AND m.id <= ? ORDER BY m.id",
                (copy, session, through if through is not None else 2**62),
            )
            self._move_choices(connection, session, copy)
            return copy

    def _move_choices(self, connection: sqlite3.Connection, session: int, copy: int) -> None:
        """What was left out of the context is named by messages, which are others in a copy."""
        ids = [
            [int(row[0]) for row in connection.execute("SELECT id FROM messages WHERE session = ? ORDER BY id", (one,))]
            for one in (session, copy)
        ]
        (context,) = connection.execute("SELECT context FROM sessions WHERE id = ?", (copy,)).fetchone()
        choices = ContextChoices.from_json(context).moved(dict(zip(*ids, strict=False)))
        connection.execute("UPDATE sessions SET context = ? WHERE id = ?", (choices.to_json(), copy))

    def delete(self, session: int) -> None:
        """Remove a conversation and all its messages."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE id = ?", (session,))

    def save_draft(self, session: int, text: str) -> None:
        """Keep what is typed and not yet sent."""
        with self._transaction() as connection:
            connection.execute("UPDATE sessions SET draft = ? WHERE id = ?", (_storable(text), session))

    def draft(self, session: int) -> str:
        """What was typed and not sent, "" when nothing."""
        row = self._one("SELECT draft FROM sessions WHERE id = ?", session)
        return str(row[0]) if row else ""

    def begin(
        self, session: int | None, folder: str, question: str, model: str, attached: str = ""
    ) -> tuple[int, int, int]:
        """Store a question and an empty reply, in one step, in a new conversation if `session` is None.

        Returns the ids of the conversation, the question and the reply.
        """
        with self._transaction() as connection:
            if session is None:
                session = self.create(folder, title_of(question))
            # What was sent is no draft any more, also when the app is killed right after.
            connection.execute("UPDATE sessions SET draft = '' WHERE id = ?", (session,))
            asked = self.add(session, "user", question)
            if attached:
                connection.execute("UPDATE messages SET attached = ? WHERE id = ?", (_storable(attached), asked))
            return session, asked, self.add(session, "assistant", "", "streaming", model)

    def _one(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        with self._reading() as connection:
            row: tuple[Any, ...] | None = connection.execute(statement, values).fetchone()
            return row

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._connection
            except sqlite3.Error as error:
                raise AssistantError(
                    "the conversations cannot be read from disk", str(error), "close what else uses them, or restart"
                ) from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            nested = self._connection.in_transaction
            if nested:
                yield self._connection
                return
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise AssistantError(
                    "the conversation cannot be written to disk", str(error), "free some space, then send it again"
                ) from error
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")


def _state(state: MessageState, writer: str) -> MessageState:
    if state != "streaming" or writer == _WRITER:
        return state
    number = int(writer.partition(":")[0] or 0)
    return state if number != os.getpid() and is_there(number) else "cut"


def _storable(text: str) -> str:
    """Lone surrogates cannot be stored as UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _around(text: str, wanted: str) -> str:
    at = text.casefold().find(wanted) if wanted else -1
    if at < 0:
        return ""
    start = max(0, at - 24)
    return ("…" if start else "") + " ".join(text[start : at + 56].split())
