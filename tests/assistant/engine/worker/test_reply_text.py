"""Tokens to text: whole characters only, stop strings found wherever they are split."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.worker.reply_text import ReplyText


def _cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(p % (len(data) + 1) for p in places), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges)]


@given(st.text(), st.lists(st.integers(0, 10_000)))
def test_text_is_the_same_however_its_bytes_are_split_over_tokens(text: str, places: list[int]) -> None:
    data = text.encode("utf-8", "replace")
    reply = ReplyText()
    chunks = [reply.feed(piece) for piece in _cut(data, places)]
    assert "".join([*chunks, reply.finish()]) == data.decode()


@given(st.binary(), st.lists(st.integers(0, 10_000)))
def test_bytes_that_are_no_text_become_replacement_characters(data: bytes, places: list[int]) -> None:
    reply = ReplyText()
    chunks = [reply.feed(piece) for piece in _cut(data, places)]
    assert "".join([*chunks, reply.finish()]) == data.decode("utf-8", "replace")


@given(
    st.text("ab#é\n", max_size=30),
    st.lists(st.text("ab#é\n", min_size=1, max_size=4), max_size=3),
    st.lists(st.integers(0, 100)),
)
def test_reply_ends_before_the_first_stop_string(text: str, stop: list[str], places: list[int]) -> None:
    reply = ReplyText(tuple(stop))
    got = ""
    for piece in _cut(text.encode(), places):
        got += reply.feed(piece)
        if reply.stopped:
            break
    got += reply.finish()
    found = [at for s in stop if (at := text.find(s)) >= 0]
    # What ends first in the stream is found first; of those, the one that begins first cuts.
    if not found:
        assert (got, reply.stopped) == (text, False)
    else:
        assert reply.stopped
        assert text.startswith(got)
        assert any(text[len(got) :].startswith(s) for s in stop)


def test_held_back_text_comes_at_the_end_when_it_was_no_stop_string() -> None:
    reply = ReplyText(("### Stop",))
    assert reply.feed(b"x\n##") == "x\n"
    assert reply.finish() == "##"
