"""Siblings: all of them, and two changed for each other."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from assistant.syntax.document import Document
from assistant.syntax.languages import language_named
from assistant.syntax.many_selections import Many, applied, many
from assistant.syntax.rearrange import all_siblings, swap, swap_all
from assistant.syntax.selection import Selection

CODE = "def f(a, b=1):\n    one()\n    two()\n\ndef g():\n    pass\n"
PYTHON = Document(CODE, language_named("python"))


def _at(words: str) -> Selection:
    start = CODE.index(words)
    return Selection(start, start + len(words))


def _after(words: str, forward: bool = True) -> str:
    done = swap(PYTHON, _at(words), forward)
    assert done is not None
    text = CODE[: done.span.start] + done.text + CODE[done.span.end :]
    assert text[done.moved.start : done.moved.end] == words
    return text


def test_parameters_statements_and_functions_change_places() -> None:
    assert _after("a").startswith("def f(b=1, a):")
    assert "    two()\n    one()\n" in _after("one()")
    assert _after("two()", forward=False) == _after("one()")
    assert _after(CODE[: CODE.index("\n\ndef g")]).startswith("def g():\n    pass\n\ndef f(")


def _words(selections: Iterable[Selection]) -> list[str]:
    return [CODE[one.start : one.end] for one in selections]


def test_all_siblings_are_selected_each_by_itself() -> None:
    assert _words(all_siblings(PYTHON, _at("a"))) == ["a", "b=1"]
    assert _words(all_siblings(PYTHON, _at("one()"))) == ["one()", "two()"]


def test_what_has_no_siblings_selects_those_of_the_nearest_parent_that_has_some() -> None:
    assert _words(all_siblings(PYTHON, _at("one"))) == ["one", "()"]
    assert _words(all_siblings(PYTHON, _at("pass"))) == ["g", "()", "pass"]


def test_several_selections_swap_with_their_own_siblings_each() -> None:
    two = many([_at("a"), _at("one()")])
    changes, then = swap_all(PYTHON, two, True)
    text = applied(CODE, changes)
    assert text.startswith("def f(b=1, a):\n    two()\n    one()\n")
    assert [text[one.start : one.end] for one in then.every] == ["a", "one()"]


def test_selections_that_are_siblings_change_round() -> None:
    changes, then = swap_all(PYTHON, many(all_siblings(PYTHON, _at("a"))), True)
    text = applied(CODE, changes)
    assert text.startswith("def f(b=1, a):")
    assert text[then.every[then.main].start : then.every[then.main].end] == "a", "the main one goes with its text"


def test_where_there_is_nothing_to_swap_with_nothing_changes() -> None:
    whole = Many((Selection(0, len(CODE)),))
    assert swap_all(PYTHON, whole, True) == ((), whole)


@given(st.integers(0, len(CODE)), st.integers(0, 12), st.booleans())
def test_a_swap_keeps_every_character(start: int, size: int, forward: bool) -> None:
    done = swap(PYTHON, Selection(start, min(len(CODE), start + size)), forward)
    if done is not None:
        assert sorted(done.text) == sorted(CODE[done.span.start : done.span.end])
