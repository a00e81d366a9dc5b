"""The longest common prefix, which decides what is computed again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.worker.kv_cache import common_prefix

_TOKENS = st.lists(st.integers(0, 3), max_size=40)


@given(st.lists(st.integers(0, 9), max_size=1200), _TOKENS, _TOKENS)
def test_common_prefix_is_what_both_begin_with(same: list[int], one: list[int], other: list[int]) -> None:
    length = common_prefix(same + one, same + other)
    assert (same + one)[:length] == (same + other)[:length]
    assert length >= len(same)
    longer = slice(length, length + 1)
    assert (same + one)[longer] != (same + other)[longer] or not (same + one)[longer]
