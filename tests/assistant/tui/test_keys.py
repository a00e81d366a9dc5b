"""Every key has a name; the person's own keymap changes what keys do, and what is wrong in it is told by name."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest
from textual.binding import Binding

import assistant.tui
from assistant.tui.keymap import in_force, named
from assistant.tui.keys import key_areas, understood
from assistant.tui.screens.workbench import Workbench
from tests.assistant.tui.test_app import running
from tests.fakes.scripted_engine import ScriptedEngine


def _all_bindings() -> list[tuple[str, Binding]]:
    rows = []
    for module in pkgutil.walk_packages(assistant.tui.__path__, "assistant.tui."):
        for name, kind in vars(importlib.import_module(module.name)).items():
            if isinstance(kind, type) and kind.__module__ == module.name:
                rows += [(name, b) for b in vars(kind).get("BINDINGS", ())]
    return rows


def test_every_key_of_the_app_has_a_name_of_its_own() -> None:
    rows = _all_bindings()
    assert len(rows) > 80
    assert [(place, b.key) for place, b in rows if not b.id] == []
    actions: dict[str, str] = {}
    for _, binding in rows:
        assert actions.setdefault(binding.id or "", binding.action) == binding.action, binding.id


def test_names_follow_from_actions() -> None:
    rows = named("x", [("a", "go(-1)"), ("b", "decide('accepted')"), ("c", "screen.copy"), ("d", "resize(2)", "")])
    assert [b.id for b in rows if isinstance(b, Binding)] == [
        "x.go_previous",
        "x.decide_accepted",
        "x.copy",
        "x.resize_more",
    ]


def test_own_keys_take_the_place_of_all_keys_of_an_action() -> None:
    bindings = named("x", [Binding("a,b", "one"), Binding("c", "two")])
    rows = in_force(bindings, {"x.one": "ctrl+t,?"})
    assert [(b.key, b.action) for b in rows] == [("ctrl+t", "one"), ("question_mark", "one"), ("c", "two")]


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (
            {"editor": {"sav": "f2"}},
            "Your key for editor.sav is left out: there is no such action; the nearest is editor.save",
        ),
        ({"review": {"accept_all": 3}}, "Your key for review.accept_all is left out: it is set to text"),
        ({"review": {"accept_all": "ctrl+entr"}}, "there is no key ctrl+entr; perhaps ctrl+enter"),
        ({"review": {"accept_all": "w"}}, "w is review.write"),
        ({"editor": {"save": "f1"}}, "f1 is app.help"),
        ({"app": {"help": "ctrl+s"}}, "ctrl+s is editor.save"),
        ({"app": {"help": "f2", "models": "f2"}}, "Your key for app.help is left out: f2 is app.models"),
    ],
)
def test_what_is_wrong_is_left_out_and_told_by_name(own: dict[str, object], words: str) -> None:
    keymap, problems = understood(own)
    assert any(words in problem for problem in problems), problems
    assert len(problems) == 1
    assert set(keymap) <= {"app.models"}


@pytest.mark.parametrize(
    "own",
    [
        {"app": {"help": "f2", "models": "f1"}},
        {"review": {"accept_all": "ctrl+shift+a, ?"}},
        {"review": {"write": "ctrl+s"}},
        {"editor.save": "none"},
        {},
    ],
)
def test_what_is_right_is_taken(own: dict[str, object]) -> None:
    keymap, problems = understood(own)
    assert problems == ()
    assert len(keymap) == sum(len(v) if isinstance(v, dict) else 1 for v in own.values())


def test_the_keys_as_they_come_are_free_of_conflicts_where_it_matters() -> None:
    for area in key_areas():
        for binding in area.bindings:
            assert isinstance(binding, Binding)
            assert understood({binding.id or "": "ctrl+f19"})[1] == ()


async def test_an_own_key_works_is_shown_and_the_old_one_is_free(tmp_path: Path) -> None:
    keys = {"app": {"help": "f15", "sav": "x"}, "prompt": {"submit": "ctrl+f16"}}
    async with running(tmp_path, ScriptedEngine(["hello"]), size=(140, 40), keys=keys) as session:
        bar = session.chat.query_one("KeyBar").render().plain  # type: ignore[attr-defined]
        assert bar.startswith("⏎ Send") or "F15" in bar.upper()
        assert "Your key for app.sav is left out" in session.shown()
        await session.pilot.press("f1")
        await session.pilot.pause()
        assert isinstance(session.app.screen, Workbench)
        await session.type("a")
        await session.pilot.press("enter", "ctrl+f16")
        await session.until(lambda: "hello" in session.shown())
        await session.pilot.press("f15")
        await session.until(lambda: not isinstance(session.app.screen, Workbench))


def test_doctor_tells_what_is_wrong_with_the_keys(home: Path) -> None:
    from assistant.cli.doctor import _settings

    (home / "config").mkdir()
    (home / "config" / "config.toml").write_text('[keys]\neditor.sav = "f2"\n')
    problems: list[dict[str, str]] = []
    assert _settings(problems).keys == {"editor": {"sav": "f2"}}
    assert ["nearest is editor.save" in problem["what"] for problem in problems] == [True]
