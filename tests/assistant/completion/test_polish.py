"""What follows the cursor is not said twice, and nothing is offered that adds a fault; `|` is the cursor."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.completion.polish import adds_no_fault, around, polish, typable, without_following_lines
from assistant.syntax.document import Document
from assistant.syntax.faults import faults, new_faults
from assistant.syntax.languages import LANGUAGES

ROWS = {row.name: row for row in LANGUAGES}


def polished(source: str, text: str, language: str = "python") -> str:
    cursor = source.index("|")
    return polish(Document(source.replace("|", ""), ROWS.get(language)), cursor, text)


@pytest.mark.parametrize(
    ("source", "text", "wanted"),
    [
        ("print(add(|)\n", "2, 3)", "2, 3)"),
        ("print(add(|))\n", "2, 3))", "2, 3"),
        ("print(add(|))\n", "2, 3)", "2, 3"),
        ("x = [|]\n", "1, 2]", "1, 2"),
        ('x = "|"\n', 'words"', "words"),
        ("def f(a|):\n    return a\n", ", b):", ", b"),
        ("def f():\n    |\n    return total\n", "total = 1\n    return total", "total = 1"),
        ("def f():\n    |\n    return total\n", "return total", ""),
        ("def f():\n    |\n    b = 2\n    return a\n", "a = 1\n    b = 2\n    return a\n", "a = 1"),
        ("def f():\n    |\n    b = 2\n    return a\n", "a = 1\n    b = 2\n    retu", "a = 1"),
        ("def f():\n    a = |\n    b = 2\n", "1\n    b = 2", "1"),
        ("def f():\n    |\n    b = 2\n    c = 3\n    e = 4\n", "b = 2\n    c = 3\n    d = (", ""),
        ("x = 1|\n", "   \n  ", ""),
        ("x = f(1|\n", ")  \n\n", ")"),
        ("def f(a):\n    |\n", " return a", "return a"),
        ("def f(a):\n    if a:\n    |\n", "    return a", "    return a"),
        ("def f(a):\n   |\n", " return a", " return a"),
        ("# in |short\n", "short", ""),
        ("x = |total(a)\n", "1 + total(a)", "1 + "),
        ("f(|b, c)\n", "a, b,c)", "a, "),
        ("# so it |is  done\n", "was and is done", "was and "),
        ("x = f(|)\n", ")", ""),
        ("x = f(|)\n", "g(1)", "g(1)"),
        ("x = f(g(|)\n", ")", ")"),
        ("# so (it is|);\n", ");", ""),
    ],
)
def test_what_follows_is_not_said_twice(source: str, text: str, wanted: str) -> None:
    assert polished(source, text) == wanted


@pytest.mark.parametrize(
    ("language", "source", "text", "wanted"),
    [
        ("python", "def f(a):\n    |\n", "return a)", "return a"),
        ("python", "def f(a):\n    |\n", "return (a", ""),
        ("python", "def f(a):\n    |\n    return a\n", "if a:", ""),
        ("python", "def f(a):\n    |\n    return a\n", "b = 1\n      c = 2", "b = 1"),
        ("python", "def f(a):\n    |\n", "b = 1\n    c = (2\n    d = [", "b = 1"),
        ("python", "x = |\n", "= 3", ""),
        ("python", "x = (|\ny = 1\n", "1, 2", ""),
        ("python", "x = (|\ny = 1\n", "1, 2)", "1, 2)"),
        ("javascript", "function f() {\n  |\n}\n", "return 1;\n}\n", "return 1;"),
        ("javascript", "function f() {\n  |\n", "return 1;\n}", "return 1;\n}"),
        ("json", '{"a": |}\n', "[1, 2", ""),
        ("json", '{"a": |}\n', "[1, 2]}", "[1, 2]"),
        ("javascript", "f(|\n\n`\n", "```js\na)\n```", ""),
        ("python", "# so |\n", "it is.\n```python\nx = 1\n```", "it is."),
        ("markdown", "so |\n", "it is.\n\n```python\nx = 1\n```", "it is.\n\n```python\nx = 1\n```"),
        ("rust", "fn f() -> i32 {\n    |\n}\n", "let x = 1;\n    x\n}", "let x = 1;\n    x"),
    ],
)
def test_nothing_that_adds_a_fault_is_offered(language: str, source: str, text: str, wanted: str) -> None:
    assert polished(source, text, language) == wanted


def test_file_with_faults_elsewhere_is_completed_still() -> None:
    assert polished("def g(:\n    pass\n\n\ndef f(a):\n    |\n", "return a") == "return a"
    assert polished("def g(:\n    pass\n\n\ndef f(a):\n    |\n", "return (a") == ""


def test_broken_file_gets_no_further_error_or_missing_node() -> None:
    """Of a file that is broken at the cursor another fault of the same kind would pass for the old one."""
    source = "package p\n\nfunc f() {\n\tswitch a {\n\tcas|"
    document, cursor = Document(source.replace("|", ""), ROWS["go"]), source.index("|")
    offered = polish(document, cursor, "x = 1")
    assert len(faults(document.edit(cursor, cursor, offered))) <= len(faults(document))


@pytest.mark.parametrize("gap", [("obj.get('", "unicode')"), ("if (", "a.b && !c) {")])
def test_line_that_mends_a_large_file_is_offered(gap: tuple[str, str]) -> None:
    """What is looked at of a large file holds the bracket that ends the class around the cursor."""
    left, right = gap
    methods = [f"  m{n}(a) {{\n    const b = a + {n}\n    return b\n  }}\n\n" for n in range(150)]
    methods[75] = f"  here(a) {{\n    {left}{right}\n    return b{' }' if right.endswith('{') else ''}\n  }}\n\n"
    source = "class A extends B {\n" + "".join(methods) + "}\n\nmodule.exports = A\n"
    cursor = source.index(left) + len(left)
    document = Document(source[:cursor] + source[cursor + len(right) :], ROWS["javascript"])
    assert faults(document) and not faults(Document(source, ROWS["javascript"]))
    assert polish(*around(document, cursor), right) == right


def test_plain_text_takes_anything_but_what_follows() -> None:
    assert polished("Dear |\nyours\n", "((( friend", "") == "((( friend"
    assert polished("Dear |\nyours sincerely\n", "friend\nyours sincerely\n", "") == "friend"


def test_short_lines_alone_are_no_repetition() -> None:
    assert without_following_lines("a = {\n    1: 2,\n}", "\n}\nb = 1\n") == "a = {\n    1: 2,\n}"


def test_large_file_is_looked_at_near_the_cursor_only() -> None:
    filler = "".join(f"def f{n}(a):\n    return a + {n}\n\n\n" for n in range(2500))
    source = filler + "def last(a):\n    |\n"
    assert polished(source, "return a)") == "return a"


SOUND = "import os\n\n\ndef f(a, b):\n    if a:\n        return [b, a]\n    return {1: f(a, b)}\n\n\nclass C:\n    x = f(1, 2)\n"
PIECES = ("return", " a", "(", ")", "[", "]", "\n", "    ", "if a:", "x = 1", '"', ",", "def g():", "pass", "#", "é")


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(SOUND)), st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_offered_text_is_a_beginning_and_never_breaks_what_was_sound(cursor: int, text: str) -> None:
    document = Document(SOUND, ROWS["python"])
    offered = polish(document, cursor, text)
    following = SOUND[cursor : cursor + 1]
    assert text.startswith(offered) and (offered == offered.rstrip() or following.isalnum() or following == "_")
    if offered:
        assert not new_faults(document, document.edit(cursor, cursor, offered))


def test_half_of_a_line_must_become_whole() -> None:
    """In a sound file, with a line cut anywhere, what is offered leaves the file sound."""
    choose = random.Random(3)
    for _ in range(60):
        cursor = choose.randrange(len(SOUND))
        end = SOUND.index("\n", cursor)
        document = Document(SOUND[:cursor] + SOUND[end:], ROWS["python"])
        line = document.line_span(document.line_of(cursor))
        if faults(Document(document.text[: line.start] + document.text[line.end - 1 :], ROWS["python"])):
            continue
        for text in (SOUND[cursor:end], SOUND[cursor:end] + ")", "(", "x", "["):
            if document.text[line.start : line.end].strip() and adds_no_fault(document, cursor, text):
                assert not faults(document.edit(cursor, cursor, text))


def test_of_a_large_file_what_stands_around_the_cursor_and_below_it_is_enough() -> None:
    functions = [f"def f{n}(a):\n    b = a + {n}\n    return b\n\n\n" for n in range(400)]
    source = "".join(functions[:200]) + "def here(a):\n    b = |\n    return b\n\n\n" + "".join(functions[200:])
    document, cursor = Document(source.replace("|", ""), ROWS["python"]), source.index("|")
    near, at = around(document, cursor)
    assert len(near.text) < 2500 and near.text[:at].endswith("def here(a):\n    b = ")
    assert near.text[at:].startswith("\n    return b\n\n\ndef f200(a):") and document.text[cursor:].startswith(
        near.text[at:]
    )
    assert polished(source, "a + 1\n    return b\n\n\ndef f200(a):\n    b = a + 200") == "a + 1"
    assert polished(source, "(a + 1") == ""


def test_a_header_that_is_being_written_keeps_its_body() -> None:
    functions = [f"def f{n}(a):\n    b = a + {n}\n    return b\n\n\n" for n in range(400)]
    source = "".join(functions[:200]) + "def here(|\n    b = a\n    return b\n\n\n" + "".join(functions[200:])
    assert polished(source, "a):") == "a):"
    assert polished(source, "a:") == ""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a =\xa01", "a = 1"),
        ("x\0 = \x1b[0m\u202e'a\u2066'", "x = [0m'a'"),
        ("a\r\nb\r", "a\nb"),
        ("\tx = 'é👩\u200d👧 e\u0301'\n", "\tx = 'é👩\u200d👧 e\u0301'\n"),
        ("«\u202fso\u202f»\u200b", "«\u202fso\u202f»"),
    ],
)
def test_what_nobody_types_is_left_out(text: str, wanted: str) -> None:
    assert typable(text, Document("// «\u202fla\u202f»\n", ROWS["javascript"])) == wanted
