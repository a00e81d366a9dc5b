"""Untrusted text comes out visible: nothing that a terminal obeys, whatever it is and however it is split."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.ground.visible import VisibleStream, visible, visible_line
from tests.fakes.payloads import PAYLOADS, raw_controls


@pytest.mark.parametrize("name", PAYLOADS)
def test_payload_holds_nothing_that_a_terminal_obeys(name: str) -> None:
    assert raw_controls(visible(PAYLOADS[name])) == []
    assert raw_controls(visible_line(PAYLOADS[name])) == [] and "\n" not in visible_line(PAYLOADS[name])


@given(st.text())
def test_no_control_character_is_left_of_any_text(text: str) -> None:
    shown = visible(text)
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\n"]
    assert visible(shown) == shown


@given(st.text(alphabet=st.characters(categories=("L", "N", "P", "S", "M", "Zs"))))
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert visible(text) == text


@given(st.lists(st.text(alphabet=st.one_of(st.sampled_from("\r\n\x1b\t\x9b"), st.characters()))))
def test_splitting_makes_no_difference(chunks: list[str]) -> None:
    stream = VisibleStream()
    assert "".join(stream.feed(chunk) for chunk in chunks) + stream.flush() == visible("".join(chunks))


def test_line_ends_of_windows_become_line_feeds_and_a_lone_return_is_shown() -> None:
    assert visible("a\r\nb\rc") == "a\nb␍c"
    assert visible_line("a\tb\nc") == "a b␊c"


def test_family_emoji_and_right_to_left_words_stay_whole() -> None:
    assert visible("👩‍👩‍👧 שלום עולם é") == "👩‍👩‍👧 שלום עולם é"
