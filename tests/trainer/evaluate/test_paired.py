"""The paired comparison of two means: exact where it can be, never sure of what chance explains."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.evaluate.paired import paired, sign_flips

NUMBERS = st.floats(-100, 100).map(lambda number: round(number, 3))


def test_six_falls_of_six_are_as_likely_as_two_in_sixty_four() -> None:
    told = paired([2.0] * 6, [1.0, 1.1, 1.2, 1.3, 1.4, 1.5])
    assert told.p == pytest.approx(2 / 64)
    assert told.change == pytest.approx(-0.75)
    assert told.low <= told.change <= told.high < 0


def test_no_change_says_nothing() -> None:
    told = paired([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    assert (told.change, told.p) == (0.0, 1.0)


def test_noise_around_zero_is_rarely_called_a_change() -> None:
    draw = random.Random(1)
    called = sum(sign_flips([draw.gauss(0, 1) for _ in range(10)]) < 0.05 for _ in range(200))
    assert called <= 20


def test_many_rows_are_drawn_and_agree_with_what_is_counted_exactly() -> None:
    draw = random.Random(2)
    changes = [draw.gauss(-0.3, 1) for _ in range(14)]
    # A fifteenth row without a change flips nothing, but there are too many ways to count them all.
    assert sign_flips([*changes, 0.0]) == pytest.approx(sign_flips(changes), abs=0.02)
    assert 0 < sign_flips([-1.0 - number / 100 for number in range(40)]) < 0.001


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=9))
def test_either_order_gives_the_same_chance_and_the_opposite_change(pairs: list[tuple[float, float]]) -> None:
    first, second = [one for one, _ in pairs], [two for _, two in pairs]
    there, back = paired(first, second), paired(second, first)
    assert there.p == pytest.approx(back.p)
    assert there.change == pytest.approx(-back.change)
    assert 0 < there.p <= 1


def test_rows_that_do_not_match_are_refused() -> None:
    with pytest.raises(ValueError, match="the same rows"):
        paired([1.0], [])
