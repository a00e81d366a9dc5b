"""A command's end is an exit code and at most one sentence."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from assistant.errors import AssistantError, Cancelled, NothingProduced, UsageError
from assistant.ground.terminal import confirm, require_terminal, run, run_typer, say


def raising(error: BaseException) -> Callable[[], None]:
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (AssistantError("it failed", "a cause", "a command"), 1, "p: it failed: a cause. Try: a command\n"),
        (UsageError("wrong"), 2, "p: wrong\n"),
        (NothingProduced("nothing"), 3, "p: nothing\n"),
        (Cancelled("cancelled"), 130, "p: cancelled\n"),
        (KeyboardInterrupt(), 130, "p: cancelled\n"),
        (OSError(errno.ENOSPC, "No space"), 1, "p: cannot write the output: the disk is full. Try: free some space\n"),
        (SystemExit(7), 7, ""),
        (SystemExit(None), 0, ""),
        (SystemExit("text"), 1, ""),
        (AssistantError("a\nb\x1b[31m"), 1, "p: a␊b␛[31m\n"),
    ],
)
def test_error_has_its_exit_code_and_sentence(
    error: BaseException, code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as leaving:
        run("p", raising(error))
    assert (leaving.value.code, *capsys.readouterr()) == (code, "", words)


def test_folder_that_went_away_is_no_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(SystemExit) as leaving:
        run("p", lambda: Path.cwd())
    assert leaving.value.code == 1
    assert capsys.readouterr().err == "p: the folder that this was started in is gone. Try: cd to one that is there\n"


def test_bug_whose_traceback_cannot_be_kept_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WIZARD_HOME", str(tmp_path / "file"))
    with pytest.raises(SystemExit) as leaving:
        run("p", raising(ZeroDivisionError("oh")))
    said = capsys.readouterr().err
    assert leaving.value.code == 1 and "a bug: ZeroDivisionError: oh" in said and "Traceback" in said


def test_typer_complains_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    app = typer.Typer()

    @app.command()
    def only(number: int) -> None:
        print(number + 1)

    for arguments, code, words in (
        (["1"], 0, "2\n"),
        (["x\x1b[31m"], 2, "--help"),
        ([], 2, "Missing argument"),
        (["--no"], 2, "--help"),
        (["--help"], 0, "Usage"),
    ):
        with pytest.raises(SystemExit) as leaving:
            run_typer("p", app, arguments)
        captured = capsys.readouterr()
        assert leaving.value.code == code and words in captured.out + captured.err
        assert "\x1b" not in captured.err and (code == 0 or captured.err.count("\n") == 1)


def test_person_who_is_not_there_says_no(monkeypatch: pytest.MonkeyPatch) -> None:
    class Typed(io.StringIO):
        def isatty(self) -> bool:
            return True

    for typed, answer in (("y\n", True), ("YES\n", True), ("", False), ("\n", False), ("n\n", False), ("yup\n", False)):
        monkeypatch.setattr(sys, "stdin", Typed(typed))
        assert confirm("really?") is answer
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert confirm("really?") is False


def test_words_for_nobody_are_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    full = os.fdopen(os.open("/dev/full", os.O_WRONLY), "w")
    monkeypatch.setattr(sys, "stderr", full)
    say("hello")
    monkeypatch.undo()
    with pytest.raises(OSError):
        full.close()


def test_terminal_is_required_by_streams_and_term(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="redirected"):
        require_terminal("p")
    for stream in ("stdin", "stdout"):
        monkeypatch.setattr(f"sys.{stream}.isatty", lambda: True)
    for term in ("dumb", "", "unknown"):
        monkeypatch.setenv("TERM", term)
        with pytest.raises(UsageError, match="can draw"):
            require_terminal("p")
    monkeypatch.setenv("TERM", "xterm-256color")
    require_terminal("p")
