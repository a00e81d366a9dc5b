"""Progress is a bar for people, lines for a log, and JSON for a program."""

from __future__ import annotations

import io
import json

import pytest

from assistant.ground.progress import Progress, progress_row


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_json_form_is_one_object_a_line() -> None:
    stream = io.StringIO()
    with Progress("json", stream) as progress:
        progress.update("fetch", 0, 10, "MB")
        progress.update("fetch", 10, 10, "MB", loss=0.5)
        progress.note("done \x1b[31m")
    rows = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert rows[0] == {"stage": "fetch", "done": 0, "total": 10, "unit": "MB", "seconds_left": None, "metrics": {}}
    assert rows[1]["done"] == 10 and rows[1]["metrics"] == {"loss": 0.5} and rows[2]["note"] == "done \x1b[31m"
    assert "\x1b" not in stream.getvalue()


def test_log_gets_few_plain_lines() -> None:
    stream = io.StringIO()
    with Progress("auto", stream) as progress:
        for done in range(1000):
            progress.update("work", done, 999, "steps")
    assert stream.getvalue().splitlines() == ["work: 0 of 999 steps", "work: 999 of 999 steps"]


def test_terminal_gets_a_bar_and_the_words_of_others_are_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    stream = Terminal()
    with Progress("auto", stream) as progress:
        progress.update("[bold]work[/bold]", 1, 2, "steps")
        progress.note("[red]note")
    assert "[bold]work[/bold]" in stream.getvalue() and "[red]note" in stream.getvalue()


@pytest.mark.parametrize("term", ["dumb", "xterm-256color"])
def test_words_of_others_are_made_visible(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    with Progress("auto", stream) as progress:
        progress.update("\x1b]0;a\x07", 1, 2, "\x9b1m", loss="\x1b[5A")
        progress.note("\x1b]52;c;AAAA\x07")
    shown = stream.getvalue()
    assert "\x1b]" not in shown and "\x07" not in shown and "\x9b" not in shown and "\x1b[5A" not in shown
    assert ("\x1b" in shown) is (term != "dumb")


def test_none_says_nothing() -> None:
    stream = io.StringIO()
    with Progress("none", stream) as progress:
        progress.update("work", 1, 2)
        progress.note("words")
    assert stream.getvalue() == ""


def test_what_one_program_says_another_says_again_under_its_own_title() -> None:
    said, again = io.StringIO(), io.StringIO()
    with Progress("json", said) as progress:
        progress.update("convert", 1, 4, "files", loss=0.5)
        progress.note("half of it")
    with Progress("json", again) as progress:
        for line in said.getvalue().splitlines():
            row = progress_row(line)
            assert row is not None
            progress.repeat(row, "quantize")
    first, second = (json.loads(line) for line in again.getvalue().splitlines())
    assert (first["stage"], first["done"], first["total"], first["metrics"]) == (
        "quantize: convert",
        1,
        4,
        {"loss": 0.5},
    )
    assert second["note"] == "quantize: half of it"


@pytest.mark.parametrize(
    "line",
    [
        '{"stage": "a", "done": 1, "total": Infinity, "metrics": {"stage": 1, "done": 2}}',
        '{"stage": null, "done": "x", "total": [], "unit": {}, "metrics": []}',
        '{"stage": "a", "done": 5, "total": 1e308}',
        '{"stage": "\\u001b[2J", "note": {"a": 1}}',
        '{"stage": ' + "[" * 30_000,
        "{" * 30_000,
        "words",
    ],
)
def test_a_hostile_line_is_repeated_without_harm(line: str) -> None:
    stream = Terminal()
    with Progress("auto", stream) as progress:
        row = progress_row(line)
        if row is not None:
            progress.repeat(row, "stage")
            progress.repeat(row)
    assert "\x1b[2J" not in stream.getvalue()
