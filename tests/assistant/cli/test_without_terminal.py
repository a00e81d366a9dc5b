"""Without a terminal the command line stays plain: one line and exit code 2 where one is needed, never an escape."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.ground import terminal
from tests.fakes.wizard_command import COMMAND, environment, wizard


def shell(line: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A command line of the shell in which `$W` is wizard-tui."""
    env = environment(**variables) | {"W": " ".join(COMMAND)}
    return subprocess.run(["bash", "-c", line], capture_output=True, encoding="utf-8", env=env, timeout=60, check=False)


def plan(folder: Path, starter: Path, *arguments: str, **how: object) -> str:
    """A command line with the scripted engine, for a shell."""
    file = folder / "plan.json"
    file.write_text(json.dumps({"calls": [["ask", "hello", "--model", str(starter), *arguments]]} | how))
    return f"{sys.executable} -m tests.fakes.scripted_wizard {file}"


@pytest.mark.parametrize(
    "line",
    [
        "$W",
        "$W < /dev/null",
        "$W <&-",
        "$W . < /dev/null | cat",
        "$W --model smollm2-135m",
        "$W <&- | cat",
        "$W > /dev/null",
    ],
)
def test_app_needs_a_terminal_and_says_so_in_one_line(line: str) -> None:
    done = shell(f"set -o pipefail; {line}")
    assert done.returncode == 2 and done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1 and "needs a terminal" in done.stderr
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("$W aks hello", 2, "there is no folder aks, and no command of that name. Try: wizard-tui ask"),
        ("$W nowhere --model x", 2, "there is no folder nowhere, and no command of that name. Try: wizard-tui --help"),
        ("$W /etc/passwd more", 2, 'is a file, and the app opens a folder. Try: wizard-tui ask "…" --file /etc/passwd'),
        ("$W symbols .", 1, "cannot read .: it is a folder. Try: wizard-tui map ."),
        ("$W models pull nowhere", 2, "there is no model nowhere in the catalogue: it names no OWNER/REPOSITORY"),
    ],
)
def test_a_newcomers_slip_is_answered_with_the_command_that_was_meant(line: str, code: int, said: str) -> None:
    done = shell(line)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr and len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("term", ["dumb", "", "unknown", None])
def test_app_needs_a_terminal_that_can_draw(term: str | None) -> None:
    master, slave = pty.openpty()
    child = subprocess.Popen(
        COMMAND, stdin=slave, stdout=slave, stderr=subprocess.PIPE, env=environment(TERM=term), encoding="utf-8"
    )
    os.close(slave)
    _, said = child.communicate(timeout=30)
    os.set_blocking(master, False)
    try:
        drawn = os.read(master, 1000)
    except OSError:
        drawn = b""
    os.close(master)
    assert child.returncode == 2 and drawn == b""
    assert len(said.strip().splitlines()) == 1 and "can draw" in said


@pytest.mark.parametrize(
    "arguments", [["--help"], ["models", "list"], ["ask", "--help"], ["models"], ["doctor", "--json"]]
)
def test_listing_into_a_pipe_holds_no_escape_and_works_in_any_locale(arguments: list[str]) -> None:
    done = wizard(*arguments, env=environment(LANG="C", LC_ALL="C", TERM="dumb", PYTHONUTF8=None))
    assert done.returncode == 0 and "\x1b" not in done.stdout + done.stderr and done.stdout


@pytest.mark.parametrize("locale", ["C", "POSIX", "en_US.ISO-8859-1"])
def test_reply_is_utf8_whatever_the_locale(locale: str, tmp_path: Path, starter_model: Path) -> None:
    line = plan(tmp_path, starter_model, replies=["Grüße, 世界 🙂"])
    done = shell(line, LANG=locale, LC_ALL=locale, PYTHONIOENCODING="ascii", TERM="dumb")
    assert done.stdout.startswith("Grüße, 世界 🙂\n"), done.stderr


@pytest.mark.parametrize("arguments", ["--help", "models list", "models list --json"])
def test_reader_that_goes_away_is_no_failure(arguments: str) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*COMMAND, *arguments.split()],
        stdout=write,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env=environment(),
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_reader_that_goes_away_in_the_middle_of_a_reply(tmp_path: Path, starter_model: Path) -> None:
    line = plan(tmp_path, starter_model, replies=["a word " * 4000])
    done = shell(f"set -o pipefail; {line} | head -c 20")
    assert (done.stdout, done.stderr, done.returncode) == ("a word a word a word", "", 0)


@pytest.mark.parametrize(
    "arguments", ["--help", "models list", "models list --json", "--version", "models show smollm2-135m"]
)
def test_full_disk_is_one_sentence(arguments: str) -> None:
    done = shell(f"$W {arguments} > /dev/full")
    assert done.returncode == 1, done.stderr
    assert done.stderr == "wizard-tui: cannot write the output: the disk is full. Try: free some space\n"


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_full_disk_under_a_reply(arguments: list[str], tmp_path: Path, starter_model: Path) -> None:
    done = shell(f"{plan(tmp_path, starter_model, *arguments)} > /dev/full")
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1 and "the disk is full" in done.stderr


def test_closed_streams_keep_the_exit_code() -> None:
    assert shell("$W models list <&- >&- 2>&-").returncode == 0
    assert shell("$W models show nothing 2>&-").returncode == 1
    assert shell("$W models show nothing 2> /dev/full").returncode == 1
    assert shell("$W --wrong <&- >&- 2>&-").returncode == 2


def test_wrong_usage_is_one_line_that_names_the_help(tmp_path: Path) -> None:
    calls = [["ask", "--wrong"], ["complete"], ["models", "nothing"], ["ask", "--temperature", "hot"], ["askk"]]
    file = tmp_path / "plan.json"
    file.write_text(json.dumps({"calls": calls}))
    done = shell(f"{sys.executable} -m tests.fakes.scripted_wizard {file}")
    assert done.stdout.split() == ["=>", "2"] * len(calls)
    lines = done.stderr.splitlines()
    assert len(lines) == len(calls) and all("--help" in line or "wizard-tui ask" in line for line in lines)


def test_end_of_input_is_no_question_and_never_a_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    for line in ("$W ask - < /dev/null", "$W ask <&-"):
        done = shell(line)
        assert done.returncode == 2 and "there is no question" in done.stderr
    with Path(os.devnull).open(encoding="utf-8") as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        assert terminal.confirm("delete everything?") is False


def test_bug_keeps_its_traceback_in_a_file_that_is_named(tmp_path: Path, starter_model: Path, home: Path) -> None:
    done = shell(plan(tmp_path, starter_model, bug="the cause"))
    assert "a bug: RuntimeError: the cause" in done.stderr and len(done.stderr.splitlines()) == 1
    logs = list((home / "state" / "crashes").iterdir())
    assert len(logs) == 1 and str(logs[0]) in done.stderr and "Traceback" in logs[0].read_text()
