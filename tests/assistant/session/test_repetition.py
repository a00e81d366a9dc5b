"""A reply that says exactly the same many times over is noticed, however it is cut into pieces, and no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.session.repetition import Repetition


def _said(text: str, size: int = 7) -> tuple[str, int]:
    """What is noticed in a text that comes in pieces of a size, and after how many characters."""
    repetition = Repetition()
    for at in range(0, len(text), size):
        if said := repetition.feed(text[at : at + size]):
            return said, at + size
    return "", len(text)


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("x = 1\n", "the same line 40 times"),
        ("\n", "the same line 40 times"),
        ("a\nb\n", "the same 2 lines 20 times"),
        ("a\n\nb\n", "the same 3 lines 13 times"),
        ("".join(f"line {n}\n" for n in range(12)), "the same 12 lines 8 times"),
        ("".join(f"line {n}\n" for n in range(60)), "the same 60 lines 8 times"),
        ("I am sorry. ", "the same words 166 times"),
    ],
)
def test_what_is_said_over_and_over_is_noticed_after_a_beginning_of_its_own(block: str, said: str) -> None:
    told, after = _said("Certainly:\n\n" + block * 4_000)
    assert told == said
    assert after < 12 + max(2_600, len(block) * 45)


@given(st.lists(st.text("ab\n", max_size=5), max_size=400), st.integers(1, 50))
def test_how_a_reply_is_cut_makes_no_difference_to_whether_lines_repeat(pieces: list[str], size: int) -> None:
    text = "".join(pieces)
    assert bool(_said(text, size)[0]) == bool(_said(text, 1)[0])


@given(st.lists(st.text(st.characters(exclude_characters="\n"), max_size=60), max_size=300, unique=True))
def test_lines_that_all_differ_are_never_taken_for_repetition(lines: list[str]) -> None:
    assert _said("\n".join(lines)) == ("", len("\n".join(lines)))


def test_a_table_a_list_and_nearly_the_same_are_let_through() -> None:
    for text in (
        "".join(f"| {n} | 0 |\n" for n in range(500)),
        "0,\n" * 39 + "1,\n" + "0,\n" * 39,
        ("-" * 80 + "\n" + "a | b\n") * 19,
        ", ".join(str(n) for n in range(3_000)),
        ("for x in y:\n    f(x)\n\n" * 12) + "done\n",
    ):
        assert _said(text)[0] == ""
