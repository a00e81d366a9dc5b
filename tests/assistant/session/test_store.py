"""Conversations on disk: kept whole, found again, and safe from kill -9 and from a damaged file."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import AssistantError
from assistant.session.context_choices import ContextChoices
from assistant.session.records import title_of
from assistant.session.store import Store

ROOT = Path(__file__).parents[3]

_CHILD = """
import asyncio, sys
from pathlib import Path
from assistant.config import Config
from assistant.engine.api import ModelSpec
from assistant.session.events import TextDelta
from assistant.session.session import Session
from assistant.errors import AssistantError
from assistant.session.context_choices import ContextChoices
from assistant.session.store import Store
from tests.fakes.scripted_engine import ScriptedEngine

async def main():
    reply = " ".join(f"word{n}" for n in range(100_000))
    engine = ScriptedEngine([reply], seconds_per_token=0.0005, context_size=10**7)
    session = Session(engine, Store(Path(sys.argv[1])), ModelSpec("m.gguf"), Config(max_tokens=10**6), Path("/project"))
    async for event in session.run_turn("count"):
        if isinstance(event, TextDelta):
            sys.stdout.write(event.text)
            sys.stdout.flush()

asyncio.run(main())
"""


def _filled(store: Store, texts: list[str]) -> int:
    session, _, reply = store.begin(None, "/project", texts[0], "m.gguf")
    for text in texts[1:]:
        store.append(reply, text)
    store.finish(reply, "done", 3, 1.5)
    return session


@pytest.mark.slow
def test_kill_9_in_the_middle_of_a_reply_loses_nothing_that_was_shown(tmp_path: Path) -> None:
    file = tmp_path / "sessions.db"
    chance = random.Random(7)
    for _ in range(25):
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(file)], stdout=subprocess.PIPE, cwd=ROOT, env=dict(os.environ)
        )
        assert child.stdout is not None
        shown = child.stdout.read(1)
        time.sleep(chance.uniform(0, 0.4))
        child.kill()
        shown += child.stdout.read()
        child.wait()
        store = Store(file)
        assert store.notice == ""
        newest = store.sessions()[0]
        assert store.interrupted("/project") == newest.id
        question, reply = store.messages(newest.id)
        assert question.text == "count"
        assert reply.state == "cut"
        assert reply.text.startswith(shown.decode())
        store.settle(newest.id)
        assert store.messages(newest.id)[1].text == reply.text
        store.close()
        with contextlib.closing(sqlite3.connect(file)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_reply_in_pieces_reads_as_one(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db")
    session = _filled(store, ["hi", "one ", "two ", "three"])
    reply = store.messages(session)[1]
    assert (reply.text, reply.state, reply.tokens, reply.seconds) == ("one two three", "done", 3, 1.5)


@settings(max_examples=30, deadline=None)
@given(texts=st.lists(st.text(), min_size=2, max_size=6))
def test_any_text_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    store = Store(tmp_path_factory.mktemp("db") / "s.db")
    messages = store.messages(_filled(store, texts))
    assert messages[0].text == texts[0]
    assert messages[1].text == "".join(texts[1:])
    store.close()


def test_lone_surrogates_do_not_break_the_store(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db")
    assert store.messages(_filled(store, ["half \ud83d", "of \udc00 pair"]))[1].text == "of ? pair"


def test_search_finds_titles_and_text_in_any_case(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db")
    one = _filled(store, ["How do I sort?", "Use Sorted() with a KEY."])
    two = _filled(store, ["Something else", "100% sure_thing"])
    assert [s.id for s in store.sessions("sorted(")] == [one]
    assert [s.id for s in store.sessions("SOMETHING")] == [two]
    assert [s.id for s in store.sessions("100%")] == [two]
    assert [s.id for s in store.sessions("e_t")] == [two]
    assert store.sessions("nowhere") == []
    assert "Sorted() with a KEY" in store.sessions("key")[0].found
    assert len(store.sessions()) == 2


def test_rename_fork_and_delete(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db")
    session = _filled(store, ["first", "reply"])
    store.rename(session, "  parser work ")
    store.rename(session, "   ")
    assert store.sessions()[0].title == "parser work"
    first = store.messages(session)[0]
    copy = store.fork(session, through=first.id)
    assert [m.text for m in store.messages(copy)] == ["first"]
    assert [m.text for m in store.messages(store.fork(session))] == ["first", "reply"]
    store.delete(session)
    assert store.messages(session) == []
    assert store.summary(session) is None
    assert [m.text for m in store.messages(copy)] == ["first"]


def test_a_draft_is_kept(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db")
    session = _filled(store, ["first", "reply"])
    store.save_draft(session, "half a thou")
    assert Store(tmp_path / "s.db").draft(session) == "half a thou"


@pytest.mark.parametrize("damage", ["garbage", "middle", "truncated"])
def test_a_damaged_file_is_put_aside_and_named(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "sessions.db"
    store = Store(file)
    for _ in range(40):
        _filled(store, ["question " * 50, "reply " * 200])
    store.close()
    data = bytearray(file.read_bytes())
    if damage == "garbage":
        data = bytearray(b"not a database at all" * 500)
    elif damage == "middle":
        data[4096:12288] = b"\xff" * 8192
    else:
        del data[len(data) // 2 :]
    file.write_bytes(data)
    again = Store(file)
    aside = next(p for p in tmp_path.iterdir() if ".damaged-" in p.name)
    assert str(aside) in again.notice
    assert aside.read_bytes() == bytes(data)
    assert again.messages(_filled(again, ["works", "again"]))[1].text == "again"


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "sessions.db"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version=99")
    before = file.read_bytes()
    store = Store(file)
    assert "newer" in store.notice
    assert store.messages(_filled(store, ["kept in", "memory"]))[1].text == "memory"
    assert file.read_bytes() == before


def test_a_folder_that_is_in_the_way_costs_no_words(tmp_path: Path) -> None:
    (tmp_path / "sessions.db").mkdir()
    store = Store(tmp_path / "sessions.db")
    assert store.notice.startswith("Conversations are not kept this time")
    assert _filled(store, ["a", "b"])


def test_a_reply_that_another_living_app_is_writing_is_not_called_cut(tmp_path: Path) -> None:
    file = tmp_path / "sessions.db"
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(file)], stdout=subprocess.PIPE, cwd=ROOT, env=dict(os.environ)
    )
    try:
        assert child.stdout is not None
        child.stdout.read(1)
        store = Store(file)
        assert store.messages(1)[1].state == "streaming"
        assert store.interrupted("/project") is None
    finally:
        child.kill()
        child.communicate()


def test_titles_are_cut_at_a_word() -> None:
    assert title_of("\n\n  How do I sort a list?\nsecond line") == "How do I sort a list?"
    assert title_of("") == "Untitled"
    assert len(title_of("word " * 40)) <= 61


def test_a_file_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    file = tmp_path / "s.db"
    store = Store(file)
    session = _filled(store, ["old", "reply"])
    store._connection.execute("ALTER TABLE messages DROP COLUMN attached")
    store._connection.execute("ALTER TABLE sessions DROP COLUMN context")
    store._connection.execute("PRAGMA user_version=1")
    store.close()
    assert [m.text for m in Store(file).messages(session)] == ["old", "reply"]


def test_a_read_that_fails_is_a_sentence(tmp_path: Path) -> None:
    store = Store(tmp_path / "sessions.db")
    made = store.create("/f", "t")
    store._connection.execute("ALTER TABLE sessions RENAME TO gone")
    store._connection.execute("ALTER TABLE messages RENAME TO gone_too")
    for read in (lambda: store.messages(made), lambda: store.sessions("x"), lambda: store.draft(made), store.sessions):
        with pytest.raises(AssistantError, match="cannot be read"):
            read()


def test_choices_about_the_context_are_kept_with_the_conversation_and_its_copies(tmp_path: Path) -> None:
    store = Store(tmp_path / "sessions.db")
    made = store.create("/f", "t")
    first, _, third = (store.add(made, "user", text) for text in ("one", "two", "three"))
    chosen = ContextChoices(("a b.py::C",), True, first, (third, 999))
    chosen = chosen.with_pin("x.py").with_pin("x.py").without_pin("none")
    store.set_context(made, chosen.to_json())
    copy = store.fork(made)
    copies = [message.id for message in store.messages(copy)]
    assert copies[0] > third, "the messages of a copy are others, so what names them is named anew"
    assert ContextChoices.from_json(store.context(copy)) == ContextChoices(chosen.pins, True, copies[0], (copies[2],))
    assert chosen.pins == ("a b.py::C", "x.py")
    assert ContextChoices.from_json("[1]") == ContextChoices.from_json('{"pins": 3}') == ContextChoices()
