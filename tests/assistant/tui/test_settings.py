"""The settings screen shows every setting with its source, and saves what is changed there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from assistant.config import Config, load_config
from assistant.tui.screens.settings import Settings
from tests.fakes.stage import Stage, settled, shown, until, words

THEMES = ("wizard-dark", "wizard-light")


def _settings(applied: list[tuple[str, Any]] | None = None, **running: Any) -> Settings:
    def apply(name: str, value: Any) -> bool:
        if applied is not None:
            applied.append((name, value))
        return name == "theme"

    return Settings(Config(**running), THEMES, apply)


async def test_every_setting_is_listed_and_explained(home: Path) -> None:
    (home / "config").mkdir()
    (home / "config" / "config.toml").write_text("threads = 3\n")
    async with Stage(_settings(threads=3)).run_test(size=(100, 40)) as pilot:
        await settled(pilot)
        text = shown(pilot.app)
        for name in Config.__dataclass_fields__:
            assert name in text
        await pilot.press("end", "home", *["down"] * 4)
        await pilot.pause()
        assert "CPU threads for the model" in shown(pilot.app)
        assert "Takes a whole number from 0 to 4,096." in shown(pilot.app)
        assert "config.toml; the default is 0." in words(pilot.app)


async def test_a_wrong_value_is_told_and_a_right_one_saved() -> None:
    applied: list[tuple[str, Any]] = []
    async with Stage(_settings(applied)).run_test(size=(100, 40)) as pilot:
        await settled(pilot)
        await pilot.press(*["down"] * 4, "enter")
        await until(pilot, lambda: "Enter saves it" in shown(pilot.app))
        await pilot.press("backspace", *"many", "enter")
        await until(pilot, lambda: "setting threads is wrong" in shown(pilot.app))
        await pilot.press("ctrl+u", "7", "enter")
        await until(pilot, lambda: "Enter saves it" not in shown(pilot.app))
        assert load_config().threads == 7
        assert applied == [("threads", 7)]
        assert "This run still has 0; the change counts from the next start" in words(pilot.app)
        await pilot.press("delete")
        await pilot.pause()
        assert load_config().threads == 0


async def test_choices_turn_and_the_app_is_told() -> None:
    applied: list[tuple[str, Any]] = []
    async with Stage(_settings(applied)).run_test(size=(100, 40)) as pilot:
        await settled(pilot)
        at = list(Config.__dataclass_fields__).index("theme")
        await pilot.press(*["down"] * at, "right")
        await pilot.pause()
        assert (load_config().theme, applied) == ("wizard-light", [("theme", "wizard-light")])
        assert "This run still" not in shown(pilot.app)
        await pilot.press("down", "enter")
        await pilot.pause()
        assert load_config().layout == "narrow"


async def test_the_environment_goes_before_the_file_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIZARD_THEME", "wizard-dark")
    app = Stage(_settings())
    async with app.run_test(size=(100, 40)) as pilot:
        await settled(pilot)
        at = list(Config.__dataclass_fields__).index("theme")
        await pilot.press(*["down"] * at)
        await pilot.pause()
        assert "Set by WIZARD_THEME" in shown(pilot.app)
        await pilot.press("right")
        await pilot.pause()
        assert "WIZARD_THEME of the environment goes before it" in app.toasts()


async def test_a_broken_file_is_said_and_hostile_values_are_made_visible(home: Path) -> None:
    (home / "config").mkdir()
    file = home / "config" / "config.toml"
    file.write_text('model = "\\u001b[31m[bold]x"\n')
    async with Stage(_settings()).run_test(size=(100, 40)) as pilot:
        await settled(pilot)
        assert "␛[31m[bold]x" in shown(pilot.app)
    file.write_text("model = ")
    async with Stage(_settings()).run_test(size=(100, 40)) as pilot:
        await settled(pilot)
        assert "cannot read" in shown(pilot.app)


@pytest.mark.parametrize(
    ("size", "theme", "keys"),
    [
        ((100, 30), "wizard-dark", ["down"] * 4),
        ((80, 24), "wizard-light", ["down"] * 5 + ["enter"]),
        ((80, 24), "wizard-dark", ["down"] * 5 + ["enter", "ctrl+u", "w", "a", "r", "m", "enter"]),
    ],
    ids=["wide", "narrow light editing", "narrow wrong"],
)
def test_the_settings_look_as_accepted(
    size: tuple[int, int],
    theme: str,
    keys: list[str],
    home: Path,
    snap_compare: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (home / "config").mkdir()
    (home / "config" / "config.toml").write_text("threads = 3\n")
    monkeypatch.setattr("assistant.tui.screens.settings.config_file", lambda: "~/.config/wizard-tui/config.toml")

    async def steps(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await pilot.press(*keys)
        await settled(pilot)

    assert snap_compare(Stage(_settings(), theme), run_before=steps, terminal_size=size)
