"""The moment before there are widgets: the first paint shows a prompt that takes keys, and none of them is lost."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.app import App
from textual.screen import Screen

from assistant.config import Config
from assistant.tui.app import WizardApp
from assistant.tui.drawing import card
from assistant.tui.screens.opening import OpeningScreen, picture
from tests.fakes.scripted_engine import ScriptedEngine
from tests.fakes.stage import until


class _Waiting(OpeningScreen):
    """One that never gets its widgets."""

    def open_everything(self) -> None:
        """Nothing."""


class _Opening(App[None]):
    def get_default_screen(self) -> Screen[None]:
        return _Waiting("~/project")


def _drawn(app: App[None]) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def test_the_first_paint_shows_where_one_is_and_a_prompt_that_says_what_is_typed() -> None:
    app = _Opening()
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: card.PLACEHOLDER in _drawn(app))
        assert "in ~/project" in _drawn(app) and card.BRAND in _drawn(app)
        await pilot.press("h", "e", "backspace", "i")
        await until(pilot, lambda: "│ hi " in _drawn(app))
        assert card.PLACEHOLDER not in _drawn(app)
        app.post_message(events.Paste(" \x1b[31mthere\u202e"))
        await until(pilot, lambda: "there" in _drawn(app))
        assert "\x1b" not in _drawn(app) and "\u202e" not in _drawn(app)


async def test_every_letter_typed_while_the_app_opens_is_in_the_prompt_in_its_order(tmp_path: Path) -> None:
    app = WizardApp(tmp_path, Config(), ScriptedEngine())
    typed = ""
    async with app.run_test(size=(120, 40)) as pilot:
        chat = app.screen
        while getattr(chat, "desk", None) is None and len(typed) < 5_000:
            letter = string.ascii_lowercase[len(typed) % 26]
            app.post_message(events.Key(letter, letter))
            typed += letter
            await pilot.pause(0.001)
        await until(pilot, lambda: len(chat.prompt.text) == len(typed))  # type: ignore[attr-defined]
        assert chat.prompt.text == typed  # type: ignore[attr-defined]
        assert chat.prompt.has_focus  # type: ignore[attr-defined]


@given(
    st.text(alphabet=st.characters(codec="utf-8"), max_size=60),
    st.text(alphabet=st.characters(codec="utf-8"), max_size=60),
    st.integers(10, 220),
    st.integers(6, 70),
)
def test_the_picture_fills_a_terminal_of_any_size_and_no_more(folder: str, typed: str, width: int, height: int) -> None:
    rows = picture(folder, typed, width, height).split("\n", allow_blank=True)
    assert len(rows) == height
    assert all(row.cell_length <= width for row in rows)


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (8, 4)])
async def test_a_terminal_too_small_for_anything_is_no_error(size: tuple[int, int]) -> None:
    app = _Opening()
    async with app.run_test(size=size) as pilot:
        await pilot.press("a")
        screen = app.screen
        assert isinstance(screen, OpeningScreen)
        await until(pilot, lambda: screen.typed == "a")
