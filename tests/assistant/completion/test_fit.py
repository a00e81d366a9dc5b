"""Texts that come without a file are cut at line ends far from the cursor, and the touched word is held back."""

from __future__ import annotations

import pytest

from assistant.completion.fit import fit, without_touched
from assistant.engine.api import InfillPrompt
from tests.fakes.scripted_engine import ScriptedEngine

ENGINE = ScriptedEngine()


async def test_text_larger_than_the_room_is_cut_at_line_ends() -> None:
    lines = [f"line number {n}\n" for n in range(300)]
    whole = InfillPrompt("".join(lines[:150]), "".join(lines[150:]), "typed")
    prompt = await fit(ENGINE.count_tokens, whole, 150)
    assert 80 < await ENGINE.count_tokens(prompt) <= 150 and prompt.middle == "typed"
    assert prompt.prefix.endswith("line number 149\n") and prompt.prefix.startswith("line number ")
    assert prompt.suffix.startswith("line number 150\n") and prompt.suffix.endswith("\n")
    assert len(prompt.prefix) > len(prompt.suffix)


async def test_text_that_fits_goes_whole_and_an_endless_line_is_cut() -> None:
    prompt = InfillPrompt("a b c", "d e")
    assert await fit(ENGINE.count_tokens, prompt, 150) == prompt
    cut = await fit(ENGINE.count_tokens, InfillPrompt("word " * 500, ""), 100)
    assert await ENGINE.count_tokens(cut) <= 100


@pytest.mark.parametrize(
    ("line", "held"),
    [
        ("    ret", " ret"),
        ("    ", "    "),
        ("x = f(", "("),
        ("x = ", " "),
        ("", ""),
        ("a" * 100, "a" * 64),
        ("é", "é"),
    ],
)
def test_word_or_blanks_that_the_cursor_touches_are_held_back(line: str, held: str) -> None:
    assert without_touched(line) == (line[: len(line) - len(held)], held)
