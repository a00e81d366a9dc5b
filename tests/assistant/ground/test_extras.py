"""What is not installed is named with the command that installs it."""

from __future__ import annotations

import importlib.util
import shlex
import sys
from pathlib import Path

import pytest

from assistant.ground import extras
from assistant.ground.extras import WORKSHOP, installing, missing
from assistant.ground.terminal import run

ROOT = Path(__file__).parents[3]


def test_command_installs_the_extra_from_the_folder_that_it_was_installed_from() -> None:
    words = shlex.split(installing("train"))
    assert words[:4] == [sys.executable, "-m", "pip", "install"]
    assert words[-2:] == ["--editable", f"{ROOT}[train]"]
    assert words[words.index("--constraint") + 1] == str(ROOT / "constraints.txt")


def test_command_names_the_environment_where_the_folder_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "_HOME", tmp_path)
    assert installing("train").endswith(f"into the environment of {sys.prefix}")


@pytest.mark.parametrize("module", sorted(WORKSHOP))
def test_every_module_of_the_workshop_is_one_that_can_be_installed(module: str) -> None:
    assert importlib.util.find_spec(module) is not None


def test_missing_workshop_is_a_sentence_and_any_other_missing_module_a_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WIZARD_HOME", str(tmp_path))

    def lacking(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    with pytest.raises(SystemExit) as leaving:
        run("wizard-train", lambda: lacking("torch.cuda"))
    said = capsys.readouterr().err
    assert leaving.value.code == 1
    assert said == f"wizard-train: the workshop is not installed here: there is no torch. Try: {installing('train')}\n"
    assert missing(ModuleNotFoundError("", name="trainer.nowhere")) is None
    with pytest.raises(SystemExit):
        run("wizard-train", lambda: lacking("trainer.nowhere"))
    assert "a bug" in capsys.readouterr().err
