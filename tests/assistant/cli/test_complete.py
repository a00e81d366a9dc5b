"""`wizard-tui complete`: places in a file, what is not offered, and files larger than the context."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.cli.complete import place_in
from assistant.errors import UsageError
from tests.fakes.fim_gguf import write_fim_model
from tests.fakes.wizard_command import wizard

FILE = Path("f.py")


@given(st.text(alphabet="ab é世\t\r\n", max_size=40), st.data())
def test_every_place_of_a_text_can_be_addressed(text: str, data: st.DataObject) -> None:
    lines = text.split("\n")
    line = data.draw(st.integers(1, len(lines)))
    width = len((lines[line - 1] + ("\n" if line < len(lines) else "")).rstrip("\r\n"))
    column = data.draw(st.integers(1, width + 1))
    before = text[: place_in(text, f"{line}:{column}", FILE)]
    assert before.count("\n") == line - 1
    assert len(before) - (before.rfind("\n") + 1) == column - 1


def test_place_that_is_not_there_is_said_with_the_last_one_that_is() -> None:
    for at, words in (("3:1", "no line 3"), ("1:5", "no column 5"), ("0:1", "no line 0"), ("1:0", "no column 0")):
        with pytest.raises(UsageError, match=words):
            place_in("abc\nd", at, FILE)
    for at in ("1", "a:b", "1:2:3", "-1:1", ""):
        with pytest.raises(UsageError, match="no place"):
            place_in("abc", at, FILE)


@pytest.mark.slow
def test_model_with_fim_completes_and_one_without_says_so(tmp_path: Path, starter_model: Path) -> None:
    model = write_fim_model(tmp_path / "fim.gguf", context=2048)
    file = tmp_path / "x.txt"
    file.write_bytes("Dear friend,\r\n    é and\r\n\r\nyours, sincerely and for ever\r\n".encode())
    arguments = ["complete", str(file), "--at", "2:8", "--max-tokens", "8"]
    done = wizard(*arguments, "--model", str(model), "--json")
    assert done.returncode == 0, done.stderr
    reply = json.loads(done.stdout)
    assert 1 <= reply["completion_tokens"] <= 8 and reply["prompt_tokens"] > 40
    without = wizard(*arguments)
    assert without.returncode == 1 and "cannot fill in the middle" in without.stderr
    assert len(without.stderr.splitlines()) == 1
    assert file.read_bytes().endswith(b"for ever\r\n")


@pytest.mark.slow
def test_nonsense_that_would_break_the_file_is_not_offered(tmp_path: Path) -> None:
    model = write_fim_model(tmp_path / "fim.gguf")
    file = tmp_path / "x.py"
    file.write_text("def f(a):\n    return [a, ]\n\nprint(f(1))\n")
    done = wizard("complete", str(file), "--at", "2:16", "--max-tokens", "12", "--model", str(model), "--json")
    assert done.returncode == 3 and json.loads(done.stdout)["text"] == ""
    assert "nothing to offer at 2:16" in done.stderr and len(done.stderr.splitlines()) <= 2


@pytest.mark.slow
def test_long_file_is_cut_to_the_context(tmp_path: Path) -> None:
    model = write_fim_model(tmp_path / "fim.gguf")
    file = tmp_path / "long.txt"
    file.write_text("".join(f"line {n}\n" for n in range(400)))
    arguments = ["complete", str(file), "--at", "200:1", "--model", str(model)]
    done = wizard(*arguments, "--max-tokens", "8", "--json")
    assert done.returncode == 0 and "lines were left out" in done.stderr
    assert 1 <= json.loads(done.stdout)["completion_tokens"] <= 8
    full = wizard(*arguments, "--max-tokens", "5000")
    assert full.returncode == 2 and "no room for the file" in full.stderr and "--max-tokens" in full.stderr
