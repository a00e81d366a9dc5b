"""`wizard-tui lessons` from the outside: consent, list, show, delete, export."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.cli.main import app
from assistant.config import load_config
from assistant.errors import AssistantError, UsageError
from assistant.lessons import record
from tests.assistant.lessons.test_lessons import CHANGE, ON


def _run(*words: str) -> tuple[str, str]:
    result = CliRunner().invoke(app, ["lessons", *words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout, result.stderr


def test_a_newcomer_learns_that_nothing_is_kept() -> None:
    out, said = _run()
    assert out == ""
    assert "There are no lessons." in said
    assert "Lessons are off: wizard-tui lessons on changes it." in said
    assert json.loads(_run("list", "--json")[0]) == []


def test_on_and_off_are_settings_and_off_keeps_what_is_there() -> None:
    _run("on")
    assert load_config().lessons == "on"
    record(load_config(), CHANGE)
    assert "1 is there still" in _run("off")[1]
    assert load_config().lessons == "off"


def test_lessons_are_listed_shown_and_deleted() -> None:
    record(ON, CHANGE)
    record(ON, replace(CHANGE, verdict="rejected", comment="\x1b[31mno", path="b.py"))
    out, _ = _run("list")
    assert "rejected" in out.splitlines()[0]
    shown, _ = _run("show", "2")
    assert "␛[31mno" in shown
    assert "\x1b" not in shown
    assert json.loads(_run("show", "1", "--json")[0])["instruction"] == "use the real pi"
    assert [row["id"] for row in json.loads(_run("list", "--search", "b.py", "--json")[0])] == [2]
    with pytest.raises(UsageError, match="say which lessons"):
        _run("delete")
    with pytest.raises(AssistantError, match="no lesson 7"):
        _run("delete", "7")
    _run("delete", "--search", "b.py")
    assert len(json.loads(_run("list", "--json")[0])) == 1
    _run("delete", "--all")
    assert json.loads(_run("list", "--json")[0]) == []


def test_lessons_are_exported(tmp_path: Path) -> None:
    record(ON, replace(CHANGE, verdict="edited", final="return 1\n"))
    assert "1 pair is in" in _run("export", str(tmp_path / "a.jsonl"))[1]
    _run("export", str(tmp_path / "b.jsonl"), "--form", "preferences")
    assert set(json.loads((tmp_path / "b.jsonl").read_text())) == {"prompt", "chosen", "rejected"}
    with pytest.raises(UsageError, match="it is a folder"):
        _run("export", str(tmp_path))
