"""The lessons screen asks for consent, shows, searches, deletes and exports what was kept."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.config import load_config
from assistant.lessons import record, store
from assistant.tui.screens.lessons import Lessons
from tests.assistant.lessons.test_lessons import CHANGE, ON
from tests.fakes.stage import Stage, settled, shown, until, words


async def test_consent_is_asked_and_can_be_taken_back() -> None:
    told: list[bool] = []
    async with Stage(Lessons(told.append)).run_test(size=(110, 30)) as pilot:
        await settled(pilot)
        assert "None are kept. o agrees" in words(pilot.app)
        await pilot.press("o")
        await until(pilot, lambda: "Only on this machine" in shown(pilot.app))
        await pilot.press("enter")
        await pilot.pause()
        assert load_config().lessons == "off"
        await pilot.press("o", "y")
        await until(pilot, lambda: "kept from now on" in shown(pilot.app))
        assert load_config().lessons == "on"
        await pilot.press("o")
        await until(pilot, lambda: "not kept" in shown(pilot.app))
        assert (load_config().lessons, told) == ("off", [True, False])


async def test_lessons_are_shown_searched_exported_and_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    record(ON, CHANGE)
    record(
        ON, replace(CHANGE, verdict="rejected", comment="[bold]\x1b[31mno", path="other.py", instruction="second wish")
    )
    async with Stage(Lessons(print)).run_test(size=(110, 34)) as pilot:
        await until(pilot, lambda: "second wish" in shown(pilot.app))
        assert "Why not: [bold]␛[31mno" in words(pilot.app)
        await pilot.press("down")
        await until(pilot, lambda: "✔ accepted" in shown(pilot.app))
        await pilot.press("slash", *"other")
        await until(pilot, lambda: "1 on this machine" in shown(pilot.app))
        await pilot.press("enter", "d", "y")
        await until(pilot, lambda: store.count() == 1)
        await pilot.press("escape")
        await until(pilot, lambda: "use the real pi" in shown(pilot.app))
        await pilot.press("e")
        await until(pilot, lambda: "Export to" in shown(pilot.app))
        await pilot.press("enter")
        await until(pilot, lambda: (tmp_path / "lessons.jsonl").exists())
        assert "use the real pi" in json.loads((tmp_path / "lessons.jsonl").read_text())["instruction"]
        await pilot.press("D", "y")
        await until(pilot, lambda: store.count() == 0)


@pytest.mark.parametrize("size", [(110, 30, "wizard-dark"), (80, 24, "wizard-light")], ids=["wide", "narrow light"])
def test_the_lessons_look_as_accepted(
    size: tuple[int, int, str], snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.lessons.store.time.time", lambda: 1_790_000_000.0)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    record(ON, CHANGE)
    record(ON, replace(CHANGE, kind="completion", instruction="", old="", path="src/cart.py", model="starcoder2-3b"))
    edited = replace(CHANGE, verdict="edited", final="return math.pi * r**2  # exact\n", model="smollm2-135m")
    record(ON, edited)
    width, height, theme = size
    assert snap_compare(Stage(Lessons(print), theme), run_before=settled, terminal_size=(width, height))
