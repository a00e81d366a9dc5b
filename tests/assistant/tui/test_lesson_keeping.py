"""What is decided in a review becomes lessons, with consent only, which is asked for once and in passing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.config import load_config
from assistant.lessons import store
from assistant.session.judged import lesson_of_completion, what_became
from tests.assistant.tui.test_app import Session, running
from tests.assistant.tui.test_ghost import CODE as GAP
from tests.assistant.tui.test_ghost import FILLING, FillingEngine, _at_gap
from tests.fakes.scripted_engine import ScriptedEngine

BEFORE = "def area(r):\n    return 3 * r * r\n\n\ndef round_to(x):\n    return int(x)\n"
AFTER = BEFORE.replace("3 *", "3.14 *").replace("int(x)", "round(x)")


async def _review(session: Session) -> None:
    session.chat.prompt.put("/edit shapes.py use better numbers")
    await session.pilot.press("enter")
    await session.until(lambda: session.app.screen.query("HunkView"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shapes.py").write_text(BEFORE)
    return tmp_path


async def test_decisions_are_kept_as_lessons_with_consent(folder: Path) -> None:
    async with running(folder, ScriptedEngine([AFTER]), lessons="on") as session:
        await _review(session)
        await session.pilot.press("a", "c")
        await session.until(lambda: session.app.screen.query("Input"))
        await session.type("ints please")
        await session.pilot.press("enter")
        await session.until(lambda: session.app.screen.query("HunkView"))
        await session.pilot.press("enter")
        await session.until(lambda: store.count() == 2)
    rejected, accepted = (kept.lesson for kept in store.lessons())
    assert (accepted.verdict, accepted.old, accepted.final) == (
        "accepted",
        "    return 3 * r * r\n",
        "    return 3.14 * r * r\n",
    )
    assert accepted.before == "def area(r):\n"
    assert accepted.instruction == "use better numbers"
    assert (rejected.verdict, rejected.comment, rejected.final) == ("rejected", "ints please", "    return int(x)\n")
    assert rejected.proposed == "    return round(x)\n"


async def test_without_consent_nothing_is_kept_and_the_question_comes_once(folder: Path) -> None:
    async with running(folder, ScriptedEngine([AFTER, AFTER])) as session:
        await _review(session)
        await session.pilot.press("a", "enter")
        await session.until(lambda: "Keep what you accept" in session.shown())
        assert store.count() == 0
        (folder / "shapes.py").write_text(BEFORE)
        await _review(session)
        await session.pilot.press("a", "enter")
        await session.until(lambda: session.shown().count("Written to") == 2)
        assert session.shown().count("Keep what you accept") == 1
        session.chat.prompt.put("/lessons on")
        await session.pilot.press("enter")
        await session.until(lambda: load_config().lessons == "on")
        assert session.app.config.lessons == "on"


TEXT = "def f(x):\n    \n    return y\n"


@pytest.mark.parametrize(
    ("now", "taken", "verdict", "final"),
    [
        ("y = x + 1", True, "accepted", "y = x + 1"),
        ("y = x + 2", True, "edited", "y = x + 2"),
        ("", True, "rejected", ""),
        ("y = 7", False, "rejected", "y = 7"),
        ("y = x + 1", False, "accepted", "y = x + 1"),
    ],
)
def test_a_completion_is_judged_by_what_became_of_it(now: str, taken: bool, verdict: str, final: str) -> None:
    at = TEXT.index("\n    return")
    before, after = TEXT[:at], TEXT[at:]
    text = "# a line above, new since\n" + before + now + after
    lesson = lesson_of_completion(text, "y = x + 1", before, after, at, taken, "f.py", "python")
    assert lesson is not None
    assert (lesson.verdict, lesson.final, lesson.before) == (verdict, final, before)


def test_a_completion_whose_place_is_gone_teaches_nothing() -> None:
    assert lesson_of_completion("other\n", "y", "def f(x):\n", "z\n", 10, True, "f.py", "python") is None


@given(st.text("ab\n", max_size=60), st.integers(0, 60), st.text("ab\n", max_size=10))
def test_what_stands_between_is_found_where_nothing_else_changed(text: str, at: int, words: str) -> None:
    at = min(at, len(text))
    found = what_became(text[:at] + words + text[at:], text[:at], text[at:], at)
    assert found is None or isinstance(found, str)
    if at > 60 and len(text) - at > 60:
        assert found == words


@pytest.mark.parametrize(("key", "verdict"), [("tab", "accepted"), ("escape", "rejected")])
async def test_completions_are_kept_when_it_is_seen_what_became_of_them(
    key: str, verdict: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("assistant.tui.desks.lesson_keeping._SETTLE_SECONDS", 0.2)
    (tmp_path / "a.py").write_text(GAP)
    async with running(tmp_path, FillingEngine(), lessons="on") as session:
        await _at_gap(session)
        await session.pilot.press(key)
        await session.until(lambda: store.count() == 1)
    lesson = store.lesson(1).lesson
    assert (lesson.kind, lesson.verdict, lesson.path, lesson.proposed) == ("completion", verdict, "a.py", FILLING)
    assert lesson.before == "def add(a, b):\n    "
    assert lesson.final == (FILLING if verdict == "accepted" else "")


async def test_what_is_typed_over_a_suggestion_that_was_seen_is_what_was_wanted_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("assistant.tui.desks.suggesting._SEEN_SECONDS", 0.0)
    (tmp_path / "a.py").write_text(GAP)
    async with running(tmp_path, FillingEngine(), lessons="on") as session:
        await _at_gap(session)
        await session.pilot.press("alt+v", "alt+h")
        editor = session.chat.bench.editor.text
        assert editor is not None
        await session.until(lambda: editor.ghost == FILLING)
        await session.pilot.press("t", "o")
        await session.until(lambda: editor.ghost == FILLING.removeprefix("to"))
        await session.pilot.press("p", "backspace", *"ken")
    [lesson] = [kept.lesson for kept in store.lessons()]
    assert (lesson.verdict, lesson.before, lesson.final) == ("rejected", "def add(a, b):\n    to", "ken")
    assert lesson.proposed == FILLING.removeprefix("to")


async def test_a_suggestion_that_was_hardly_seen_teaches_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("assistant.tui.desks.suggesting._SEEN_SECONDS", 60.0)
    (tmp_path / "a.py").write_text(GAP)
    async with running(tmp_path, FillingEngine(), lessons="on") as session:
        await _at_gap(session)
        await session.pilot.press(*"xyz")
    assert store.count() == 0


async def test_completions_of_an_editor_that_is_left_are_kept_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_text(GAP)
    async with running(tmp_path, FillingEngine(), lessons="on") as session:
        await _at_gap(session)
        await session.pilot.press("tab", "backspace")
    assert [kept.lesson.verdict for kept in store.lessons()] == ["edited"]
