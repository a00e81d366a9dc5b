"""`wizard-tui map`, with the starter model's own tokenizer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from assistant.cli.map import map_
from assistant.errors import AssistantError


def run(*arguments: str):
    app = typer.Typer()
    app.command()(map_)
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_the_map_fits_the_tokens_of_the_model(repository: Path, starter_model: Path) -> None:
    whole = json.loads(run(str(repository), "--tokens", "60", "--model", str(starter_model), "--json").stdout)
    assert 0 < whole["tokens"] <= 60
    assert whole["left_out"] > 0
    assert set(whole["symbols"][0]) == {"file", "name", "qualified_name", "kind", "start_line", "end_line", "rank"}
    assert "shelf/jar.py:\n  class Jar(Box)\n" in whole["text"]


def test_an_empty_folder_says_so_and_a_missing_one_is_refused(tmp_path: Path) -> None:
    result = run(str(tmp_path))
    assert (result.stdout, "no definitions" in result.stderr) == ("", True)
    with pytest.raises(AssistantError, match="no such folder"):
        run(str(tmp_path / "missing"))
