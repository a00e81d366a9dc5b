"""pass@k against brute force, the interval and the paired test against what can be counted by hand."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.evaluate.pass_at_k import bootstrap, mcnemar, mean_pass_at, pass_at_k


@given(st.integers(1, 9).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_estimator_is_the_share_of_draws_that_hold_a_pass(case: tuple[int, int, int]) -> None:
    n, c, k = case
    draws = list(itertools.combinations([True] * c + [False] * (n - c), k))
    assert math.isclose(pass_at_k(n, c, k), sum(map(any, draws)) / len(draws), abs_tol=1e-12)


def test_big_numbers_do_not_overflow() -> None:
    assert 0 < pass_at_k(200, 1, 100) == pytest.approx(0.5)
    assert pass_at_k(10**5, 1, 10) == pytest.approx(1e-4)


@pytest.mark.parametrize("case", [(5, 6, 1), (5, -1, 1), (5, 2, 6), (5, 2, 0)])
def test_impossible_counts_are_refused(case: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError):
        pass_at_k(*case)


def test_only_ks_that_every_problem_has_samples_for() -> None:
    assert mean_pass_at([(10, 5), (5, 0)]) == {"1": pytest.approx(0.25), "5": pytest.approx((1 - 1 / 252) / 2)}
    assert mean_pass_at([]) == {}


def test_interval_holds_the_mean_and_narrows_with_more_problems() -> None:
    few, many = bootstrap([0.0, 1.0] * 10), bootstrap([0.0, 1.0] * 500)
    assert few[0] < many[0] < 0.5 < many[1] < few[1]
    assert bootstrap([1.0] * 20) == (1.0, 1.0)
    assert bootstrap([0.0, 1.0] * 10) == few


def test_mcnemar_counts_only_where_they_differ() -> None:
    test = mcnemar([True] * 8 + [False] * 2 + [True] * 5, [False] * 8 + [False] * 2 + [True] * 5)
    assert (test.only_first, test.only_second) == (8, 0)
    assert test.p == pytest.approx(2 / 2**8)
    assert mcnemar([True, False], [False, True]).p == 1.0
    with pytest.raises(ValueError):
        mcnemar([True], [])
