"""Rows and folds: whatever is folded, every line has a row, and every row a line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.tui.code_text import CodeText
from assistant.tui.drawing.line_view import LineView


@given(st.integers(1, 30), st.lists(st.tuples(st.integers(0, 29), st.integers(0, 40)), max_size=6))
def test_every_line_has_a_row_and_every_row_a_line_with_any_folds(count: int, folds: list[tuple[int, int]]) -> None:
    view = LineView(CodeText("\n".join("x" * count), None))
    for line, last in folds:
        view.fold(min(line, count - 1), last)
    seen = [view.line_of(row) for row in range(view.height)]
    assert None not in seen and seen == sorted({line for line in seen if line is not None})
    assert view.line_of(view.height) is None
    hidden = {line for first, last in view.folds.items() for line in range(first + 1, last + 1)}
    assert set(seen) == set(range(count)) - hidden
    for line in range(count):
        assert view.row_of(line) < view.height
        if line not in hidden:
            assert view.line_of(view.row_of(line)) == line
