"""Which places cannot be parsed, and which of them an edit has added."""

from __future__ import annotations

import pytest

from assistant.syntax.document import Document
from assistant.syntax.faults import faults, new_faults
from assistant.syntax.languages import language_named


def python(text: str) -> Document:
    return Document(text, language_named("python"))


def test_a_missing_bracket_is_named_with_its_line_and_column() -> None:
    (fault,) = faults(python("x = 1\ndef f(:\n    pass\n"))
    assert (fault.line, fault.column, fault.reason) == (2, 7, "missing “)”")


def test_what_does_not_fit_is_quoted_in_short() -> None:
    (fault, *_) = faults(python("x = 1\ny = (" + "a" * 90 + "\n"))
    assert fault.line == 2
    assert fault.reason.startswith("unexpected “y = (aaa")
    assert len(fault.reason) < 60


def test_sound_statements_before_the_trouble_are_not_blamed() -> None:
    text = "import os\n\n\ndef f():\n    return 1\n\n\nx = {1: [2}\n\n\ndef g():\n    return 2\n"
    assert min(fault.line for fault in faults(python(text))) == 8


def test_plain_text_has_no_faults() -> None:
    assert faults(Document("def (")) == ()
    assert new_faults(Document("a"), Document("(")) == ()


@pytest.mark.parametrize(
    "edit",
    [
        (0, 0, "import os\n\n\n"),
        (0, 5, "y = 22222"),
        (100, 100, "z = 3\n"),
    ],
)
def test_a_file_that_was_broken_can_be_edited_elsewhere(edit: tuple[int, int, str]) -> None:
    text = "x = 1\n\n\ndef f(:\n    return (1\n\n\ndef g():\n    return 2\n"
    before = python(text)
    start, end, words = edit
    after = before.edit(min(start, len(text)), min(end, len(text)), words)
    assert faults(before)
    assert new_faults(before, after) == ()


def test_mending_one_of_two_faults_adds_none() -> None:
    before = python("a = (1\n\n\nb = [2\n\n\nc = 3\n")
    after = before.edit(6, 6, ")")
    assert new_faults(before, after) == ()


def test_a_second_fault_beside_an_old_one_is_new() -> None:
    before = python("def f(:\n    pass\n\n\ndef g():\n    return 2\n")
    start = before.text.index("return 2")
    (fault, *_) = new_faults(before, before.edit(start, start + 8, "return (2"))
    assert fault.line == 6


def test_mending_adds_no_fault() -> None:
    broken = python("def f(:\n    pass\n")
    assert new_faults(broken, python("def f():\n    pass\n")) == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("def f():\n", 1),
        ("def f():\n    x = 1\n  y = 2\n", 3),
        ("class A:\n\n\nx = 1\n", 4),
    ],
)
def test_python_is_asked_about_what_the_grammar_lets_through(text: str, line: int) -> None:
    found = new_faults(python("x = 1\n"), python(text))
    assert found
    assert found[0].line >= line - 1


def test_python_is_not_asked_where_it_refused_the_file_before() -> None:
    assert new_faults(python("def f():\n"), python("def f():\n\n\nx = 1\n")) == ()


def test_json_and_toml_are_checked_by_their_own_parsers_too() -> None:
    toml = language_named("toml")
    assert new_faults(Document("a = 1\n", toml), Document("a = 1\na = 2\n", toml))
    json = language_named("json")
    assert new_faults(Document("{}", json), Document('{"a": 1,}', json))
    assert new_faults(Document("// jsonc\n{}", json), Document("// jsonc\n[1]", json)) == ()
