"""Keys and commands open the screens beside the workbench, and what is changed there counts at once where it can."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.config import load_config
from assistant.ground import paths
from assistant.tui.screens.help import Help
from assistant.tui.screens.jobs import Jobs
from assistant.tui.screens.lessons import Lessons
from assistant.tui.screens.settings import Settings
from assistant.tui.screens.tour import Tour
from assistant.tui.screens.workbench import Workbench
from assistant.tui.side_screens import applied
from tests.assistant.tui.test_app import running
from tests.fakes.scripted_engine import ScriptedEngine


async def test_keys_and_commands_open_them_once_and_esc_leads_back(tmp_path: Path) -> None:
    async with running(tmp_path, ScriptedEngine()) as session:
        for keys, screen in ((("f10",), Settings), (("f12",), Jobs), (("f1",), Help)):
            await session.pilot.press(*keys)
            await session.until(lambda screen=screen: isinstance(session.app.screen, screen))
            await session.pilot.press(*keys)
            await session.pilot.pause()
            assert len(session.app.screen_stack) == 2 or screen is Help
            await session.pilot.press("escape")
            await session.until(lambda: isinstance(session.app.screen, Workbench))
        for command, screen in (("settings", Settings), ("jobs", Jobs), ("lessons", Lessons), ("tour", Tour)):
            session.desk.take(f"/{command}")
            await session.until(lambda screen=screen: isinstance(session.app.screen, screen))
            await session.pilot.press("escape")
            await session.until(lambda: isinstance(session.app.screen, Workbench))


async def test_colours_are_kept_however_they_were_chosen(tmp_path: Path) -> None:
    async with running(tmp_path, ScriptedEngine()) as session:
        await session.pilot.press("ctrl+t")
        await session.until(lambda: load_config().theme == "wizard-light")
        session.desk.take("/theme wizard-contrast")
        await session.until(lambda: load_config().theme == "wizard-contrast")


async def test_a_changed_setting_counts_for_the_next_reply(tmp_path: Path) -> None:
    engine = ScriptedEngine(["one", "two"])
    async with running(tmp_path, engine) as session:
        assert applied(session.app, "temperature", 1.5)
        assert applied(session.app, "keymap", "vim")
        assert not applied(session.app, "threads", 3)
        await session.ask("x")
    assert session.app.config.keymap == "vim"
    assert session.app.config.threads == 0
    assert engine.requests[-1].sampling.temperature == 1.5


async def test_colours_that_cannot_be_kept_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path, ScriptedEngine()) as session:
        paths.config_file().write_text("theme = ")
        await session.pilot.press("ctrl+t")
        await session.until(lambda: "The colours are not kept" in session.toasts())
