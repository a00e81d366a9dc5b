"""`wizard-tui symbols`: its fields are relied on by scripts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from assistant.cli.symbols import symbols
from assistant.errors import AssistantError

SAMPLE = Path(__file__).parent / "samples" / "python" / "sample.py"


def run(*arguments: str):
    app = typer.Typer()
    app.command()(symbols)
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_json_is_one_list_with_exactly_the_promised_fields() -> None:
    rows = json.loads(run(str(SAMPLE), "--json").stdout)
    assert {tuple(row) for row in rows} == {("name", "qualified_name", "kind", "start_line", "end_line")}
    assert {"name": "lid", "qualified_name": "Jar.lid", "kind": "method", "start_line": 28, "end_line": 30} in rows


def test_the_table_shows_lines_kinds_and_nesting() -> None:
    lines = run(str(SAMPLE)).stdout.splitlines()
    assert lines[3].split() == ["11-20", "function", "fill"]
    assert lines[4].split() == ["17-18", "function", "fill.fits"]


def test_a_broken_file_still_lists_and_says_where_it_is_broken(tmp_path: Path) -> None:
    file = tmp_path / "broken.py"
    file.write_text("def f():\n    pass\n\n\nx = (\n")
    result = run(str(file), "--json")
    assert [row["name"] for row in json.loads(result.stdout)][:1] == ["f"]
    assert "line 5" in result.stderr


def test_names_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "evil.json"
    file.write_text('{"\x1b[31mred": 1}')
    assert "\x1b" not in run(str(file)).stdout


def test_an_unknown_language_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(AssistantError, match="its language is not known"):
        run(str(tmp_path / "notes.txt"))
    with pytest.raises(AssistantError, match="no such file"):
        run(str(tmp_path / "missing.py"))
