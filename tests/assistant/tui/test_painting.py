"""What is painted narrowly is what Textual would have painted: on a screen that is played back, nothing is left behind."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual._compositor import Compositor
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.geometry import Region
from textual.screen import Screen
from textual.widgets import Label, TextArea

from assistant.tui.drawing.painting import NarrowCompositor, _bands
from assistant.tui.widgets.code_editor import CodeEditor


class _Narrow(Screen[None]):
    CSS = "#over { layer: above; offset: 30 4; width: 20; height: 3; background: red; } _Narrow { layers: base above; }"

    def __init__(self) -> None:
        super().__init__()
        self._compositor = NarrowCompositor()

    def compose(self) -> ComposeResult:
        yield Label("the top", id="top")
        with Horizontal():
            yield TextArea("\n".join(f"line {n}" for n in range(60)))
            with Vertical():
                yield CodeEditor("\n".join(f"x{n} = {n}" for n in range(60)), None)
                yield Label("below")
        yield Label("over", id="over")


class _Panels(App[None]):
    def get_default_screen(self) -> Screen[None]:
        return _Narrow()


def _rows(compositor: Compositor) -> list[str]:
    return [strip.text for strip in compositor.render_strips()]


async def test_the_whole_screen_is_drawn_as_textual_draws_it(tmp_path: Path) -> None:
    app = _Panels()
    async with app.run_test(size=(90, 24)) as pilot:
        await pilot.pause()
        narrow = app.screen._compositor
        textuals = Compositor()
        textuals.reflow(app.screen, app.size)
        assert _rows(narrow) == _rows(textuals)
        assert "over" in "\n".join(_rows(narrow))


async def test_any_changed_regions_are_drawn_as_the_whole_screen_has_them() -> None:
    app = _Panels()
    async with app.run_test(size=(90, 24)) as pilot:
        await pilot.pause()
        compositor = app.screen._compositor
        whole = _rows(compositor)

        @settings(suppress_health_check=[HealthCheck.differing_executors], max_examples=60)
        @given(
            st.lists(
                st.builds(Region, st.integers(0, 89), st.integers(0, 23), st.integers(1, 40), st.integers(1, 9)),
                min_size=1,
                max_size=15,
            )
        )
        def drawn(regions: list[Region]) -> None:
            compositor._dirty_regions.update(regions)
            update = compositor.render_partial_update()
            assert update is not None
            played = _played(update.render_segments(app.console), 90, 24)
            for region in regions:
                for y in range(region.y, min(24, region.bottom)):
                    right = min(90, region.right)
                    assert played[y][region.x : right] == whole[y][region.x : right]

        drawn()


def _played(written: str, width: int, height: int) -> list[str]:
    """What a terminal shows that was blank before: moves of the cursor and letters, looks left out."""
    import re

    rows = [[" "] * width for _ in range(height)]
    x = y = 0
    for move, other, letter in re.findall(r"\x1b\[(\d+;\d+)H|(\x1b\[[0-9;?]*[A-Za-z])|(.)", written):
        if move:
            y, x = (int(part) - 1 for part in move.split(";"))
        elif letter and not other:
            if x < width:
                rows[y][x] = letter
            x += 1
    return ["".join(row) for row in rows]


def test_regions_without_a_common_row_are_drawn_one_by_one() -> None:
    first, near, far = Region(0, 1, 5, 2), Region(40, 3, 5, 1), Region(0, 20, 80, 1)
    assert _bands([far, near, first]) == [[first, near], [far]]
    assert len(_bands([Region(0, y, 5, 1) for y in range(0, 60, 2)])) == 1
