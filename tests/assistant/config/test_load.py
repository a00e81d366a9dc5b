"""Settings come from defaults, then the file, then the environment, then flags; wrong ones are told by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.config import Config, load_config
from assistant.errors import AssistantError, UsageError


@pytest.fixture
def file(home: Path) -> Path:
    path = home / "config" / "config.toml"
    path.parent.mkdir()
    return path


def test_without_anything_the_defaults_hold() -> None:
    assert load_config() == Config()


def test_later_sources_go_before_earlier_ones(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('model = "from file"\ntheme = "from file"\nthreads = 3\ntemperature = 1\n')
    monkeypatch.setenv("WIZARD_THEME", "from environment")
    monkeypatch.setenv("WIZARD_THREADS", "5")
    config = load_config(threads=7, model=None)
    assert (config.model, config.theme, config.threads) == ("from file", "from environment", 7)
    assert config.temperature == 1.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("modle = 'x'", "unknown setting modle. Try: model"),
        ("threads = 'many'", "setting threads is wrong"),
        ("layout = 'diagonal'", "setting layout is wrong"),
        ("threads = ", "cannot read"),
        ("[model]\nname = 'x'", "setting model is wrong"),
    ],
)
def test_wrong_setting_is_told_by_name(file: Path, text: str, words: str) -> None:
    file.write_text(text)
    with pytest.raises(UsageError, match=words):
        load_config()


def test_file_that_is_no_text_is_said(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot read"):
        load_config()
    file.unlink()
    file.mkdir()
    with pytest.raises(UsageError, match="cannot read"):
        load_config()


@pytest.mark.parametrize("value", ["[" * 5000, "9" * 5000])
def test_file_that_no_parser_takes_is_said(value: str, file: Path) -> None:
    file.write_text(f"threads = {value}\n")
    with pytest.raises(UsageError, match=r"cannot read .*config.toml"):
        load_config()


def test_wrong_value_is_told_with_the_place_that_it_came_from(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("max_tokens = 0")
    with pytest.raises(UsageError, match=r"between 1 and .* Try: correct it in .*config\.toml"):
        load_config()
    monkeypatch.setenv("WIZARD_MAX_TOKENS", "none")
    with pytest.raises(UsageError, match="Try: correct WIZARD_MAX_TOKENS"):
        load_config()
    with pytest.raises(UsageError, match="Try: another --max-tokens"):
        load_config(max_tokens=-3)


def test_home_that_cannot_be_made_is_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("WIZARD_HOME", str(home / "file"))
    with pytest.raises(AssistantError, match=r"cannot make the folder .* WIZARD_HOME=FOLDER"):
        load_config()


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("threads", "1.5", "it takes a whole number"),
        ("temperature", "warm", "it takes a number"),
        ("stop_repeats", "maybe", "it takes 'off' or 'on'"),
        ("temperature", "9", "it lies between 0 and 5"),
    ],
)
def test_a_wrong_value_is_told_with_what_the_setting_takes(
    name: str, value: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"WIZARD_{name.upper()}", value)
    with pytest.raises(UsageError) as caught:
        load_config()
    assert caught.value.sentence() == f"setting {name} is wrong: {why}. Try: correct WIZARD_{name.upper()}"
