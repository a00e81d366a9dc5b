"""No byte that a terminal obeys reaches it from a model, a file name, a GGUF field, a setting or an error."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import pytest

from tests.assistant.models.gguf_files import write
from tests.fakes.payloads import PAYLOADS, raw_controls
from tests.fakes.wizard_command import environment

# What a command line or a file name can hold at all: no NUL, and bytes that are no UTF-8 as Python hands them over.
NAMES = [os.fsdecode(text.replace("\0", "").encode("utf-8", "surrogatepass")) for text in PAYLOADS.values()]
# Several in one name, as many as a file system takes.
GROUPS = ["".join(NAMES[at : at + 6]) for at in range(0, len(NAMES), 6)]


def on_a_terminal(plan: dict[str, Any], folder: Path, **variables: str) -> str:
    """What the terminal received from a run of the plan, byte for byte."""
    file = folder / "plan.json"
    file.write_text(json.dumps(plan))
    master, slave = pty.openpty()
    modes = termios.tcgetattr(slave)
    modes[1] &= ~termios.OPOST
    termios.tcsetattr(slave, termios.TCSANOW, modes)
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.scripted_wizard", str(file)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environment(COLUMNS="400", **variables),
        close_fds=True,
    )
    os.close(slave)
    received = b""
    while True:
        try:
            piece = os.read(master, 1 << 16)
        except OSError:
            break
        if not piece:
            break
        received += piece
    os.close(master)
    child.wait(30)
    return received.decode("utf-8", "surrogateescape")


def test_there_are_enough_payloads() -> None:
    assert len(PAYLOADS) >= 40 and all(raw_controls(text) for text in PAYLOADS.values())


def test_reply_of_a_model(tmp_path: Path, starter_model: Path) -> None:
    replies = [f"before {text} after\n" for text in PAYLOADS.values()]
    calls = [["ask", "hello", "--model", str(starter_model)]]
    received = "".join(
        on_a_terminal({"calls": calls, "replies": [reply]}, tmp_path) for reply in ("".join(replies), replies[0])
    )
    assert raw_controls(received) == []
    assert received.count("before") == received.count("after") == len(replies) + 1
    assert "PWNED" not in received and "UFdORUQ=" in received


def test_json_reply_holds_no_raw_control_either(tmp_path: Path, starter_model: Path) -> None:
    calls = [["ask", "hello", "--json", "--model", str(starter_model)]]
    received = on_a_terminal({"calls": calls, "replies": ["".join(PAYLOADS.values())]}, tmp_path)
    assert raw_controls(received) == []
    assert json.loads(received.splitlines()[0])["text"].startswith("\x1b[31m")


def test_words_of_the_command_line(tmp_path: Path, starter_model: Path) -> None:
    calls = []
    for text in GROUPS:
        calls += [
            [text],
            ["--" + text],
            ["ask", "hello", "--model", text],
            ["ask", "hello", "--model", f"{text}.gguf"],
            ["ask", "hello", "--model", str(starter_model), "--file", str(tmp_path / text.replace("/", "_"))],
            ["ask", "hello", "--model", str(starter_model), "--file", f"{__file__}::{text}"],
            ["ask", "--temperature", text, "hello"],
            ["complete", text, "--at", "1:1"],
            ["complete", __file__, "--at", text],
            *(["models", command, text] for command in ("show", "use", "add", "remove", "pull", text)),
            ["models", "pull", f"owner/{text}/x.gguf"],
            ["models", "add", str(starter_model), "--name", f"a {text}"],
        ]
    received = on_a_terminal({"calls": calls}, tmp_path, HF_HUB_OFFLINE="1")
    assert raw_controls(received) == []
    codes = [line for line in received.splitlines() if line.startswith("=> ")]
    assert len(codes) == len(calls)
    assert [call for call, code in zip(calls, codes, strict=True) if code == "=> 0"] == []
    assert " a bug: " not in received


def test_gguf_fields_and_file_names(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    paths = []
    for number, text in enumerate(GROUPS):
        data = os.fsencode(text) + b"\0"
        fields = dict.fromkeys(("general.name", "general.architecture", "general.license"), data)
        name = text.replace("/", "_")
        paths.append(write(folder / f"{number} {name}.gguf", fields=fields))
        (folder / f"bad {number} {name}.gguf").write_bytes(b"GGUF" + data)
        write(folder / f"kind {number}.gguf", fields={"general.type": data})
    calls = [["models", "list"], *(["models", "show", str(path)] for path in paths), ["models", "list", "--json"]]
    calls += [["models", "show", "--json", str(path)] for path in paths[:5]]
    calls += [
        command for path in paths for command in (["models", "use", str(path)], ["ask", "hi", "--model", str(path)])
    ]
    received = on_a_terminal({"calls": calls}, tmp_path, WIZARD_MODELS_FOLDER=str(folder))
    assert raw_controls(received) == []
    assert received.count("kind ") >= len(GROUPS) and " a bug: " not in received
    assert received.count("Hello.") == len(paths)


def test_errors_of_the_engine_and_of_ours(tmp_path: Path, starter_model: Path) -> None:
    every = " ".join(PAYLOADS.values())
    calls = [["ask", "hello", "--model", str(starter_model)]]
    crashed = on_a_terminal({"calls": calls, "error": [f"it ended {every}", every, every]}, tmp_path)
    bug = on_a_terminal({"calls": calls, "bug": f"it broke {every}"}, tmp_path)
    assert raw_controls(crashed + bug) == []
    assert "it ended" in crashed and " a bug: " in bug


def test_settings_and_doctor(tmp_path: Path, home: Path) -> None:
    every = "".join(text for text in NAMES if "\n" not in text)
    config = home / "config" / "config.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    received = ""
    for settings in (
        f"{json.dumps(every)} = 1",
        f"layout = {json.dumps(every)}",
        f"model = {json.dumps(every)}",
        every,
    ):
        config.write_text(settings, encoding="utf-8", errors="surrogateescape")
        received += on_a_terminal({"calls": [["ask", "hello"], ["models", "list"]]}, tmp_path)
    received += on_a_terminal({"calls": [["doctor"], ["doctor", "--json"]]}, tmp_path, WIZARD_MODEL=every)
    assert raw_controls(received) == []
    assert " a bug: " not in received


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_pipe_gets_no_control_bytes_either(stream: str, tmp_path: Path, starter_model: Path) -> None:
    file = tmp_path / "plan.json"
    plan = {"calls": [["ask", "hello", "--model", str(starter_model)]], "replies": ["".join(PAYLOADS.values())]}
    file.write_text(json.dumps(plan))
    done = subprocess.run(
        [sys.executable, "-m", "tests.fakes.scripted_wizard", str(file)],
        capture_output=True,
        env=environment(),
        stdin=subprocess.DEVNULL,
        check=True,
    )
    assert raw_controls(getattr(done, stream).decode()) == []
