"""What a person pins into the context or takes out of it, as the prompts show it."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.config import Config
from assistant.engine.api import ModelSpec
from assistant.session.context_choices import ContextChoices
from assistant.session.context_parts import GONE
from assistant.session.events import ContextFitted, Event
from assistant.session.session import Session
from assistant.session.store import Store
from tests.fakes.scripted_engine import ScriptedEngine


@pytest.fixture
def session(tmp_path: Path) -> Session:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "my shop.py").write_text("class Cart:\n    pass\n\n\ndef pay():\n    return 'paid'\n")
    return Session(ScriptedEngine(["fine"]), Store(tmp_path / "s.db"), ModelSpec("m"), Config(), folder)


async def _ask(session: Session, question: str) -> list[Event]:
    return [event async for event in session.run_turn(question)]


def _prompt(session: Session) -> str:
    assert isinstance(session.engine, ScriptedEngine)
    return "\n".join(message.content for message in session.engine.last_messages())


async def test_a_pinned_file_stands_in_every_prompt_as_it_is_then(session: Session, tmp_path: Path) -> None:
    session.choose(session.choices.with_pin("my shop.py::pay"))
    events = await _ask(session, "one?")
    [fitted] = [event for event in events if isinstance(event, ContextFitted)]
    [pinned] = [part for part in fitted.parts if part.kind == "pinned"]
    assert pinned.name.startswith("pay in my shop.py")
    assert pinned.tokens > 0
    assert sum(part.tokens for part in fitted.parts if part.kind != "reply") <= fitted.prompt_tokens
    assert "return 'paid'" in _prompt(session)
    (tmp_path / "folder" / "my shop.py").write_text("def pay():\n    return 'later'\n")
    again = Session(session.engine, session.store, session.spec, Config(), tmp_path / "folder")
    again.open(session.id)
    await _ask(again, "two?")
    assert "return 'later'" in _prompt(again)
    again.choose(again.choices.without_pin("my shop.py::pay"))
    await _ask(again, "three?")
    assert "return" not in _prompt(again)


async def test_what_is_cleared_stays_in_the_conversation_and_out_of_prompts(session: Session) -> None:
    await _ask(session, 'the first word @"my shop.py"')
    assert session.id is not None
    first = session.store.messages(session.id)
    session.choose(ContextChoices(bare=(first[0].id,)))
    await _ask(session, "the second word")
    assert "first word" in _prompt(session)
    assert "class Cart" not in _prompt(session)
    session.choose(ContextChoices(after=session.store.messages(session.id)[-1].id))
    await _ask(session, "the third word")
    assert "first word" not in _prompt(session)
    assert len(session.store.messages(session.id)) == 6
    session.open(session.store.fork(session.id))
    await _ask(session, "the fourth word")
    assert "first word" not in _prompt(session), "what was set aside stays aside in a copy"
    assert "third word" in _prompt(session)


async def test_a_pinned_file_that_has_gone_is_named_and_the_others_stay(session: Session, tmp_path: Path) -> None:
    (tmp_path / "folder" / "gone.py").write_text("x = 1\n")
    session.choose(session.choices.with_pin("gone.py").with_pin("my shop.py::pay"))
    await _ask(session, "one?")
    (tmp_path / "folder" / "gone.py").unlink()
    events = await _ask(session, "two?")
    [fitted] = [event for event in events if isinstance(event, ContextFitted)]
    assert [part.name for part in fitted.parts if part.note == GONE] == ["gone.py"]
    assert "return 'paid'" in _prompt(session)
