"""Several selections and the changes made at all of them, against the same changes made to a plain text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.syntax.many_selections import (
    Change,
    Many,
    after,
    applied,
    for_each,
    inverse,
    many,
    mover,
    rotated,
    settled,
    with_next_alike,
)
from assistant.syntax.selection import Selection

TEXT = "ab\ncd ab é漢🙂\nab end"

_PLACES = st.integers(0, len(TEXT))
_SELECTION = st.builds(
    lambda one, other, backward: Selection(min(one, other), max(one, other), backward), _PLACES, _PLACES, st.booleans()
)
_MANY = st.lists(_SELECTION, min_size=1, max_size=6).flatmap(
    lambda rows: st.builds(many, st.just(rows), st.integers(0, len(rows) - 1))
)
_WORDS = st.text(st.sampled_from("ab\n é🙂"), max_size=3)


def _one_by_one(text: str, selections: Many, words: list[str]) -> str:
    for one, word in reversed(list(zip(selections.every, words, strict=True))):
        text = text[: one.start] + word + text[one.end :]
    return text


@given(st.lists(_SELECTION, min_size=1, max_size=6), st.data())
def test_merged_selections_hold_the_same_characters_and_touch_nowhere(
    rows: list[Selection], data: st.DataObject
) -> None:
    main = data.draw(st.integers(0, len(rows) - 1))
    found = many(rows, main)
    assert {c for s in found.every for c in range(s.start, s.end)} == {c for s in rows for c in range(s.start, s.end)}
    assert found.every[found.main].span.contains(rows[main].span)
    for left, right in zip(found.every, found.every[1:], strict=False):
        assert left.end <= right.start
        assert left.end < right.start or (left.start < left.end and right.start < right.end)


@given(_MANY, st.lists(_WORDS, min_size=6, max_size=6))
def test_what_is_typed_at_all_is_what_is_typed_at_one_after_another(selections: Many, words: list[str]) -> None:
    own = words[: len(selections.every)]
    changes = settled(Change(s.start, s.end, w) for s, w in zip(selections.every, own, strict=True))
    text = applied(TEXT, changes)
    assert text == _one_by_one(TEXT, selections, own)
    then = after(selections, changes, [s.end for s in selections.every])
    starts = [
        len(_one_by_one(TEXT[: s.end], many_until(selections, i), own[: i + 1])) for i, s in enumerate(selections.every)
    ]
    assert {s.start for s in then.every} == set(starts), "each cursor stands behind what was typed there"
    assert then.every[then.main].start == starts[selections.main]
    replaced = [TEXT[c.start : c.end] for c in changes]
    assert applied(text, inverse(changes, replaced)) == TEXT


def many_until(selections: Many, index: int) -> Many:
    """The first of them."""
    return Many(selections.every[: index + 1])


@given(st.lists(st.builds(lambda s: Change(s.start, s.end, ""), _SELECTION), max_size=6))
def test_what_several_take_away_is_taken_away_once(taken: list[Change]) -> None:
    gone = {c for change in taken for c in range(change.start, change.end)}
    assert applied(TEXT, settled(taken)) == "".join(c for i, c in enumerate(TEXT) if i not in gone)


@given(_MANY, st.lists(_WORDS, min_size=6, max_size=6), _PLACES)
def test_a_character_that_stays_is_found_where_it_moved(selections: Many, words: list[str], char: int) -> None:
    changes = settled(Change(s.start, s.end, w) for s, w in zip(selections.every, words, strict=False))
    if char < len(TEXT) and not any(c.start <= char < c.end for c in changes):
        assert applied(TEXT, changes)[mover(changes)(char)] == TEXT[char]


@given(_MANY, st.booleans())
def test_texts_that_change_round_are_all_there_and_come_back(selections: Many, forward: bool) -> None:
    changes, then = rotated(TEXT, selections, forward)
    text = applied(TEXT, changes)
    assert sorted(text) == sorted(TEXT)
    main, before = then.every[then.main], selections.every[selections.main]
    assert text[main.start : main.end] == TEXT[before.start : before.end]
    assert applied(text, rotated(text, then, not forward)[0]) == TEXT


def test_the_next_place_with_the_same_text_is_added_round_the_end() -> None:
    first = Many((Selection(6, 8),))
    found = [first]
    for _ in range(3):
        found.append(with_next_alike(TEXT, found[-1]))
    assert [[s.start for s in one.every] for one in found] == [[6], [6, 13], [0, 6, 13], [0, 6, 13]]
    assert [one.every[one.main].start for one in found] == [6, 13, 0, 0]


@given(_MANY)
def test_adding_what_is_alike_ends_and_adds_only_what_is_alike(selections: Many) -> None:
    words = TEXT[selections.every[selections.main].start : selections.every[selections.main].end]
    for _ in range(len(TEXT) + 2):
        then = with_next_alike(TEXT, selections)
        if then == selections:
            return
        assert TEXT[then.every[then.main].start : then.every[then.main].end] == words
        assert set(selections.every) < set(then.every)
        selections = then
    raise AssertionError("it goes on and on")


def test_a_paste_gives_each_its_own_where_there_are_as_many() -> None:
    assert for_each("a\nb", 2) == for_each("a\nb\n", 2) == ["a", "b"]
    assert for_each("a\nb", 3) == ["a\nb"] * 3
    assert for_each("a\nb\nc", 2, ("a\nb", "c")) == ["a\nb", "c"]
    assert for_each("other", 2, ("a\nb", "c")) == ["other", "other"]
