"""The tour has five steps with the keys in force, comes once, and gives way to whoever types."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual import events

from assistant.config import Config
from assistant.ground import paths
from assistant.tui.app import WizardApp
from assistant.tui.screens.tour import Tour, tour_steps
from assistant.tui.screens.workbench import Workbench
from assistant.tui.side_screens import offer_tour
from tests.fakes.scripted_engine import ScriptedEngine
from tests.fakes.stage import Stage, settled, shown, until, words


def test_there_are_five_steps_and_every_key_in_them_is_one() -> None:
    steps = tour_steps({"app.settings": "f11"})
    assert len(steps) == 5
    text = "\n".join(step.words for step in steps)
    assert "{" not in text
    assert "`F11` opens the settings" in text
    assert "`Enter`" in text


async def test_keys_go_through_the_tour_and_its_end_closes_it(home: Path) -> None:
    app = Stage(Tour({}))
    async with app.run_test(size=(90, 30)) as pilot:
        await settled(pilot)
        assert "Welcome, 1 of 5" in shown(app)
        assert paths.tour_seen_file().exists()
        await pilot.press("enter", "right", "left")
        await until(pilot, lambda: "Welcome, 2 of 5" in shown(app))
        await pilot.press("enter", "enter", "enter")
        await until(pilot, lambda: "Welcome, 5 of 5" in shown(app))
        assert "vim's too" in words(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.answers == [None])


async def test_esc_skips_it() -> None:
    app = Stage(Tour({}))
    async with app.run_test(size=(90, 30)) as pilot:
        await settled(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: app.answers == [None])


async def test_what_a_newcomer_types_over_it_is_in_the_prompt(tmp_path: Path) -> None:
    app = WizardApp(tmp_path, Config(), ScriptedEngine(), newcomer=True)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, Tour), seconds=20)
        for key in ("h", "i", "question_mark"):
            app.post_message(events.Key(key, "?" if key == "question_mark" else key))
        await until(pilot, lambda: isinstance(app.screen, Workbench))
        chat = app.screen_stack[0]
        assert isinstance(chat, Workbench)
        await until(pilot, lambda: chat.desk is not None and chat.prompt.text == "hi?")


async def test_it_does_not_come_over_what_has_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.tui.app._TOUR_SECONDS", 600)
    app = WizardApp(tmp_path, Config(), ScriptedEngine(), newcomer=True)
    async with app.run_test(size=(100, 30)) as pilot:
        chat = app.screen_stack[0]
        assert isinstance(chat, Workbench)
        await until(pilot, lambda: chat.desk is not None)
        await pilot.press("x")
        offer_tour(app)
        await pilot.pause()
        assert isinstance(app.screen, Workbench)
        assert not paths.tour_seen_file().exists()
        await pilot.press("backspace")
        offer_tour(app)
        await until(pilot, lambda: isinstance(app.screen, Tour))


def test_the_tour_looks_as_accepted(snap_compare: Callable[..., bool]) -> None:
    assert snap_compare(Stage(Tour({}), "wizard-contrast"), run_before=settled, terminal_size=(90, 26))
