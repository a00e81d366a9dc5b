"""Every part of a prompt has a share that grows with the context."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.context.budget import KINDS, Budget, Shares


def test_shares_make_one_whole_and_grow_with_the_context() -> None:
    shares = Shares()
    assert shares.system + shares.map + shares.files + shares.history + shares.reply == pytest.approx(1)
    small, large = Budget(2048), Budget(32768)
    for kind in KINDS:
        assert large.room(kind) == pytest.approx(16 * small.room(kind), rel=0.02)
    assert large.reply == pytest.approx(16 * small.reply, rel=0.02)


@given(st.integers(1, 200_000), st.integers(0, 5000))
def test_parts_and_reply_never_take_more_than_there_is(context: int, longest: int) -> None:
    budget = Budget(context, longest_reply=longest)
    assert sum(budget.room(kind) for kind in KINDS) + budget.reply <= context
    assert 1 <= budget.reply <= max(1, longest or context)
