"""`wizard-tui complete`: places in a file, the model's FIM layout, and files larger than the context."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.cli.complete import fit_prompt, split_at
from assistant.engine.api import InfillPrompt
from assistant.errors import UsageError
from tests.fakes.fim_gguf import write_fim_model
from tests.fakes.scripted_engine import ScriptedEngine
from tests.fakes.wizard_command import wizard

FILE = Path("f.py")


@given(st.text(alphabet="ab é世\t\r\n", max_size=40), st.data())
def test_every_place_of_a_text_can_be_addressed(text: str, data: st.DataObject) -> None:
    lines = text.split("\n")
    line = data.draw(st.integers(1, len(lines)))
    width = len((lines[line - 1] + ("\n" if line < len(lines) else "")).rstrip("\r\n"))
    column = data.draw(st.integers(1, width + 1))
    before, after = split_at(text, f"{line}:{column}", FILE)
    assert before + after == text
    assert before.count("\n") == line - 1
    assert len(before) - (before.rfind("\n") + 1) == column - 1


def test_place_that_is_not_there_is_said_with_the_last_one_that_is() -> None:
    for at, words in (("3:1", "no line 3"), ("1:5", "no column 5"), ("0:1", "no line 0"), ("1:0", "no column 0")):
        with pytest.raises(UsageError, match=words):
            split_at("abc\nd", at, FILE)
    for at in ("1", "a:b", "1:2:3", "-1:1", ""):
        with pytest.raises(UsageError, match="no place"):
            split_at("abc", at, FILE)


async def test_file_larger_than_the_context_is_cut_at_line_ends_and_said() -> None:
    engine = ScriptedEngine(context_size=200)
    lines = [f"line number {n}\n" for n in range(300)]
    prompt, note = await fit_prompt(engine, InfillPrompt("".join(lines[:150]), "".join(lines[150:])), 150, 200)
    assert 80 < await engine.count_tokens(prompt) <= 150
    assert prompt.prefix.endswith("line number 149\n") and prompt.prefix.startswith("line number ")
    assert prompt.suffix.startswith("line number 150\n") and prompt.suffix.endswith("\n")
    assert len(prompt.prefix) > len(prompt.suffix)
    left = 150 - prompt.prefix.count("\n"), 150 - prompt.suffix.count("\n")
    assert f"the first {left[0]} and the last {left[1]} lines" in note


async def test_file_that_fits_goes_whole() -> None:
    prompt = InfillPrompt("a b c", "d e")
    assert await fit_prompt(ScriptedEngine(), prompt, 150, 200) == (prompt, "")


async def test_one_endless_line_is_cut_too() -> None:
    engine = ScriptedEngine()
    prompt, note = await fit_prompt(engine, InfillPrompt("word " * 500, ""), 100, 200)
    assert await engine.count_tokens(prompt) <= 100 and note


async def test_reply_that_takes_the_whole_context_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match=r"no room .* --max-tokens 50"):
        await fit_prompt(ScriptedEngine(), InfillPrompt("a", "b"), 10, 200)


@pytest.mark.slow
def test_model_with_fim_completes_and_one_without_says_so(tmp_path: Path, starter_model: Path) -> None:
    model = write_fim_model(tmp_path / "fim.gguf")
    file = tmp_path / "x.py"
    file.write_bytes("def f(a):\r\n    return é\r\n\r\nprint(f(1))\r\n".encode())
    arguments = ["complete", str(file), "--at", "2:12", "--max-tokens", "8"]
    done = wizard(*arguments, "--model", str(model), "--json")
    assert done.returncode == 0, done.stderr
    reply = json.loads(done.stdout)
    assert reply["completion_tokens"] == 8 and reply["prompt_tokens"] > 40
    assert wizard(*arguments, "--model", str(model)).returncode == 0
    without = wizard(*arguments)
    assert without.returncode == 1 and "cannot fill in the middle" in without.stderr
    assert len(without.stderr.splitlines()) == 1
    assert file.read_bytes().endswith(b"print(f(1))\r\n")


@pytest.mark.slow
def test_long_file_is_cut_to_what_the_engine_gives(tmp_path: Path) -> None:
    model = write_fim_model(tmp_path / "fim.gguf")
    file = tmp_path / "long.py"
    file.write_text("".join(f"x = {n}\n" for n in range(400)))
    done = wizard("complete", str(file), "--at", "200:1", "--max-tokens", "8", "--model", str(model), "--json")
    assert done.returncode == 0 and "lines were left out" in done.stderr
    assert json.loads(done.stdout)["completion_tokens"] == 8
