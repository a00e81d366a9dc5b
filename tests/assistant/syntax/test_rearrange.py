"""Siblings: all of them, and two changed for each other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.syntax.document import Document
from assistant.syntax.languages import language_named
from assistant.syntax.rearrange import all_siblings, swap
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


def test_all_siblings_are_selected_and_then_the_parents() -> None:
    chosen = all_siblings(PYTHON, _at("a"))
    assert CODE[chosen.start : chosen.end] == "a, b=1"
    statements = all_siblings(PYTHON, _at("one()"))
    assert CODE[statements.start : statements.end] == "one()\n    two()"


@given(st.integers(0, len(CODE)), st.integers(0, 12), st.booleans())
def test_a_swap_keeps_every_character(start: int, size: int, forward: bool) -> None:
    done = swap(PYTHON, Selection(start, min(len(CODE), start + size)), forward)
    if done is not None:
        assert sorted(done.text) == sorted(CODE[done.span.start : done.span.end])
