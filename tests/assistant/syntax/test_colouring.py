"""Colours read off the tree: what each piece is, in every language, and that columns are characters."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.syntax.colouring import colours
from assistant.syntax.document import Document
from assistant.syntax.languages import LANGUAGES, language_named

SAMPLES = Path(__file__).parent / "samples"
PYTHON = language_named("python")


def _roles(text: str, language: str) -> dict[str, str]:
    document = Document(text, language_named(language))
    lines = text.split("\n")
    found = colours(document, 0, len(lines))
    return {lines[row][start:stop]: role for row, pieces in found.items() for start, stop, role in pieces}


def test_python_is_coloured_by_what_its_pieces_are() -> None:
    roles = _roles('class Cart:\n    def add(self, item: str) -> None:\n        return print("ä", 3)  # ü\n', "python")
    assert roles["class"] == roles["def"] == roles["return"] == "keyword"
    assert (roles["Cart"], roles["add"], roles["print"], roles["str"]) == ("type", "function", "function", "type")
    assert (roles['"ä"'], roles["3"], roles["# ü"]) == ("string", "number", "comment")


def test_rust_and_json_are_coloured_by_the_same_rules() -> None:
    roles = _roles('fn main() { let x = "a"; println!("b"); }', "rust")
    assert (roles["fn"], roles["main"], roles['"a"']) == ("keyword", "function", "string")
    assert _roles('{"a": [1, true]}', "json")["true"] == "constant"


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda one: one.name)
def test_a_part_of_a_file_is_coloured_as_in_the_whole(language: object) -> None:
    sample = next(p for p in sorted((SAMPLES / language.name).iterdir()) if p.is_file())  # type: ignore[attr-defined]
    document = Document(sample.read_text(encoding="utf-8"), language)  # type: ignore[arg-type]
    lines = document.text.count("\n") + 1
    whole = colours(document, 0, lines)
    assert whole
    assert colours(document, lines // 3, lines // 2) == {
        row: pieces for row, pieces in whole.items() if lines // 3 <= row < lines // 2
    }


@given(st.text(alphabet="ab(\n\"'# äé=:\t", max_size=60), st.integers(0, 5), st.integers(0, 5))
def test_any_text_can_be_coloured(text: str, first: int, count: int) -> None:
    for row, pieces in colours(Document(text, PYTHON), first, first + count).items():
        assert first <= row < first + count
        assert all(0 <= start < stop for start, stop, _ in pieces)
