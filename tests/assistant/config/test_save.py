"""A setting is checked, written whole and atomically, and every other character of the person's file stays."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assistant.config import Config, load_config
from assistant.config.describe import describe_settings
from assistant.config.save import save_setting
from assistant.config.toml_file import with_value, written
from assistant.errors import UsageError

OWN = """# what I like
model = "a # b"   # my own
temperature = 0.5

# about the keys
[keys]
editor.save = "ctrl+s" # as ever

[keys.review]
accept = "y"
"""


@pytest.fixture
def file(home: Path) -> Path:
    path = home / "config" / "config.toml"
    path.parent.mkdir()
    return path


def test_a_saved_setting_is_read_back_and_comments_stay(file: Path) -> None:
    file.write_text(OWN)
    save_setting("model", "other")
    save_setting("threads", "3")
    text = file.read_text()
    assert 'model = "other"   # my own\n' in text
    assert text.replace('"other"', '"a # b"').replace("threads = 3\n", "") == OWN
    assert (load_config().model, load_config().threads) == ("other", 3)


def test_a_file_is_made_when_there_is_none(home: Path) -> None:
    assert save_setting("theme", "wizard-light") == "wizard-light"
    assert (home / "config" / "config.toml").read_text() == 'theme = "wizard-light"\n'


def test_a_setting_can_be_taken_out_again(file: Path) -> None:
    file.write_text(OWN)
    assert save_setting("temperature", None) == Config().temperature
    assert file.read_text() == OWN.replace("temperature = 0.5\n", "")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("keys.editor.save", 'editor.save = "f2" # as ever'),
        ("keys.review.accept", 'accept = "f2"'),
        ("keys.review.leave", 'accept = "y"\nleave = "f2"'),
        ("keys.editor.find", 'as ever\neditor.find = "f2"\n\n[keys.review]'),
        ("keys.jobs.stop", '[keys.jobs]\nstop = "f2"'),
    ],
)
def test_one_key_of_the_table_is_changed_where_it_stands(file: Path, name: str, words: str) -> None:
    file.write_text(OWN)
    save_setting(name, "f2")
    assert words in file.read_text()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("temperature", "hot", "setting temperature is wrong.*default is 0.2"),
        ("threads", -1, "between 0 and 4,096"),
        ("layout", "round", "setting layout is wrong"),
        ("them", "x", "no setting them. Try: theme"),
        ("keys", {}, "all keys at once"),
    ],
)
def test_a_wrong_value_is_refused_and_the_file_stays(file: Path, name: str, value: object, words: str) -> None:
    file.write_text(OWN)
    with pytest.raises(UsageError, match=words):
        save_setting(name, value)
    assert file.read_text() == OWN


def test_values_over_several_lines_are_replaced_whole() -> None:
    text = 'model = """\na\nmodel = "b"\n"""\ntheme = "x"\n'
    assert with_value(text, ("model",), "c") == 'model = "c"\ntheme = "x"\n'


def test_windows_line_ends_stay() -> None:
    assert with_value('model = "a" # x\r\ntop_k = 1\r\n', ("model",), "b") == 'model = "b" # x\r\ntop_k = 1\r\n'


NAMES = st.sampled_from(["a", "b", "c d", "é", "x.y"])
VALUES = st.one_of(st.text(max_size=8), st.integers(), st.booleans(), st.lists(st.text(max_size=3), max_size=2))


@given(
    values=st.dictionaries(NAMES, st.one_of(VALUES, st.dictionaries(NAMES, VALUES, max_size=3)), max_size=4),
    path=st.lists(NAMES, min_size=1, max_size=2),
    value=st.one_of(VALUES, st.none()),
)
def test_a_change_means_what_was_asked_for_and_nothing_else(
    values: dict[str, Any], path: list[str], value: object
) -> None:
    assume(not any("\ud800" <= c <= "\udfff" for c in repr((values, value))))
    text = _toml(values)
    before = tomllib.loads(text)
    try:
        after = tomllib.loads(with_value(text, tuple(path), value))
    except UsageError:
        assume(False)
    target = before
    for name in path[:-1]:
        inner = target.get(name)
        target[name] = target = inner if isinstance(inner, dict) else {}
    target.pop(path[-1], None)
    if value is not None:
        target[path[-1]] = value
    assert _full(after) == _full(before)


def _toml(values: dict[str, Any]) -> str:
    flat = {name: value for name, value in values.items() if not isinstance(value, dict)}
    rows = [f"{written(name)} = {written(value)}  # kept" for name, value in flat.items()]
    for name, table in values.items():
        if isinstance(table, dict):
            rows += [f"[{written(name)}]", *(f"{written(k)} = {written(v)}" for k, v in table.items())]
    return "\n".join(rows) + "\n"


def _full(values: dict[str, Any]) -> dict[str, Any]:
    kept = {key: _full(value) if isinstance(value, dict) else value for key, value in values.items()}
    return {key: value for key, value in kept.items() if value != {}}


def test_each_setting_is_described_with_its_source(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("threads = 3\ntheme = 'x'\n")
    monkeypatch.setenv("WIZARD_THEME", "y")
    rows = {row.name: row for row in describe_settings(load_config(model="m"))}
    assert list(rows) == [field.name for field in dataclasses.fields(Config)]
    assert all(len(row.help) > 20 for row in rows.values())
    assert (rows["threads"].source, rows["threads"].value) == ("file", 3)
    assert (rows["theme"].source, rows["theme"].value) == ("environment", "y")
    assert (rows["model"].source, rows["model"].value, rows["model"].running) == ("default", "", "m")
    assert rows["layout"].expects == "auto or narrow or wide"
    assert rows["threads"].expects == "a whole number from 0 to 4,096"
