"""What is seen on a terminal of any size, and that what was chosen is there in the next run."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.ground import paths
from assistant.tui.arrangement import Arrangement, Layout, PanelName, arrange, keep_layout, load_layout, resized

NAMES: tuple[PanelName, ...] = ("files", "outline", "editor", "conversation")


def test_a_narrow_terminal_shows_the_panel_at_hand_alone() -> None:
    for name in NAMES:
        seen = arrange(Layout(), (80, 24), has_file=True, current=name)
        assert seen.single
        assert seen.panels == {name}


def test_a_wide_one_shows_all_with_the_conversation_beside_and_a_middle_one_below() -> None:
    wide = arrange(Layout(), (240, 60), has_file=True, current="editor")
    assert wide.panels == set(NAMES)
    assert wide.beside
    assert not arrange(Layout(), (120, 40), has_file=True, current="editor").beside


def test_without_a_file_there_is_no_editor_and_no_outline() -> None:
    assert arrange(Layout(), (120, 40), has_file=False, current="conversation").panels == {"files", "conversation"}
    assert arrange(Layout(), (80, 24), has_file=False, current="editor").panels == {"conversation"}


@given(
    st.builds(
        Layout,
        *[st.booleans()] * 4,
        st.sampled_from(["auto", "right", "below"]),
        *[st.integers(-5, 500)] * 4,
    ),
    st.tuples(st.integers(1, 400), st.integers(1, 120)),
    st.booleans(),
    st.sampled_from(NAMES),
    st.sampled_from(["auto", "narrow", "wide"]),
)
def test_something_to_work_in_is_always_seen(
    layout: Layout, size: tuple[int, int], has_file: bool, current: PanelName, mode: str
) -> None:
    seen = arrange(layout, size, has_file, current, mode)
    assert seen.single or seen.panels & {"editor", "conversation"}
    assert len(seen.panels) == 1 or not seen.single
    if not seen.single and size[0] >= 100:
        left = seen.left if seen.panels & {"files", "outline"} else 0
        assert left + (seen.talk if seen.beside else 0) < size[0]


def _all(layout: Layout) -> Arrangement:
    return arrange(layout, (200, 50), has_file=True, current="editor")


def test_panels_grow_and_shrink_within_limits() -> None:
    layout = Layout()
    wider = resized(layout, _all(layout), "conversation", 4)
    assert _all(wider).talk == _all(layout).talk + 4
    assert _all(resized(layout, _all(layout), "files", 2)).left == 32
    for _ in range(200):
        layout = resized(layout, _all(layout), "files", -2)
    assert _all(layout).left >= 16


def test_what_was_chosen_is_there_in_the_next_run() -> None:
    chosen = replace(Layout(), files=False, left=44, place="below")
    keep_layout(chosen)
    assert load_layout() == chosen


@pytest.mark.parametrize("text", ["", "[]", '{"left": "wide", "place": "up", "unknown": 1}', "\0", "null"])
def test_a_file_that_cannot_be_understood_counts_as_nothing_chosen(text: str) -> None:
    (paths.state_folder() / "layout.json").write_text(text)
    assert load_layout() == Layout()
