"""`wizard-tui models` and `wizard-tui doctor` as a newcomer and a script meet them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.assistant.models.gguf_files import write
from tests.fakes.wizard_command import environment, wizard


def several(folder: Path, *calls: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    """Command lines one after the other in one process."""
    file = folder / "plan.json"
    file.write_text(json.dumps({"calls": [*calls, ["--version"]]}))
    command = [sys.executable, "-m", "tests.fakes.scripted_wizard", str(file)]
    return subprocess.run(command, capture_output=True, text=True, env=environment(**variables), check=False)


def codes(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line.removeprefix("=> ") for line in done.stdout.splitlines() if line.startswith("=> ")][:-1]


def test_list_tells_what_is_here_and_what_can_be_fetched(starter_model: Path) -> None:
    text, data = wizard("models").stdout, json.loads(wizard("models", "list", "--json").stdout)
    assert "* smollm2-135m" in text and "wizard-tui models pull NAME" in text and "qwen2.5-coder-7b" in text
    assert max(len(line) for line in text.splitlines()) <= 80
    starter = data[0]
    assert starter["name"] == "smollm2-135m" and starter["installed"] and starter["chosen"] and starter["fits"]
    assert starter["licence"] == "apache-2.0" and starter["context"] == 8192 and starter["fim"] is False
    assert all(set(row) >= {"name", "installed", "size", "licence", "context", "fim", "fits"} for row in data)
    assert any(not row["installed"] and row["name"] == "wizardcoder-python-13b" for row in data)


def test_model_of_ones_own_is_added_used_and_forgotten(tmp_path: Path, home: Path) -> None:
    path = write(tmp_path / "mine.gguf")
    done = several(
        tmp_path,
        ["models", "add", str(path), "--name", "mine"],
        ["models", "use", "mine"],
        ["models", "list"],
        ["models", "show", "mine"],
        ["models", "show", str(path), "--json"],
        ["models", "remove", "mine"],
        ["models", "list"],
        ["models", "remove", "smollm2-135m"],
        ["models", "use", "mine"],
    )
    assert codes(done) == ["0", "0", "0", "0", "0", "0", "0", "2", "1"]
    assert "* mine " in done.stdout and "* smollm2-135m" in done.stdout.split("=> 0")[6]
    assert "architecture          llama" in done.stdout
    assert "mine is registered" in done.stderr and "its file stays at" in done.stderr and path.exists()


def test_file_that_is_no_model_is_shown_as_such(tmp_path: Path) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(b"GGUF" + bytes(30))
    done = several(
        tmp_path, ["models", "show", str(path)], ["models", "add", str(path)], ["models", "show", "/nowhere.gguf"]
    )
    assert codes(done) == ["1", "1", "1"]
    assert "it is GGUF version 0" in done.stderr and "there is no file /nowhere.gguf" in done.stderr
    assert len(done.stderr.splitlines()) == 3


def test_catalogue_model_is_shown_before_it_is_fetched(tmp_path: Path) -> None:
    done = several(tmp_path, ["models", "show", "starcoder2-3b"], ["models", "use", "starcoder2-3b"])
    assert codes(done) == ["0", "1"]
    assert "installed            no" in done.stdout and "wizard-tui models pull starcoder2-3b" in done.stderr


def test_doctor_tells_device_model_and_folders(starter_model: Path, home: Path) -> None:
    report = json.loads(wizard("doctor", "--json").stdout)
    assert report["model"]["name"] == "smollm2-135m" and report["model"]["fits"] is True
    assert report["devices"]["threads"] >= 1 and report["devices"]["uses"] and report["devices"]["why"]
    assert report["folders"]["models"] == str(home / "data" / "models")
    assert {"python", "sandbox", "problems"} <= set(report)


def test_doctor_says_what_to_do_about_each_problem(tmp_path: Path) -> None:
    done = wizard(
        "doctor", env=environment(WIZARD_MODEL="nothing-of-that-name", WIZARD_MODELS_FOLDER=str(tmp_path / "none"))
    )
    assert done.returncode == 1
    assert "there is no model nothing-of-that-name" in done.stdout and "try: wizard-tui models list" in done.stdout
    assert "your models_folder is not there" in done.stdout
