"""A suggestion ends with its statement or block, as the tree says; `|` is the cursor and `¦` the end that is found."""

from __future__ import annotations

import pytest

from assistant.completion.ending import Ending
from assistant.syntax.document import Document
from assistant.syntax.languages import LANGUAGES

ROWS = {row.name: row for row in LANGUAGES}


def end_of(language: str, source: str, reply: str, most_lines: int = 16) -> str | None:
    """What is taken of a reply that comes character by character; None if it is not complete when all has come."""
    cursor = source.index("|")
    ending = Ending(Document(source.replace("|", ""), ROWS.get(language)), cursor, most_lines)
    for size in range(1, len(reply) + 1):
        end = ending.end(reply[:size])
        if end is not None:
            return reply[:end]
    return None


PYTHON = [
    ("x = |\ny = 1\n", "sum(a)¦\nz = 3\n"),
    ("def f(a):\n    |\n    return a\n", "a = a + 1¦\n    b = 2\n    c = 3\n"),
    ("def f(a):\n    |\n", "if a:\n        b = 1\n        c = 2\n    return b\n¦\ndef g():\n    pass\n"),
    ("def f(a):\n    |\n    return a\n", "if a:\n        b = 1\n    else:\n        b = 2\n¦    c = 3\n"),
    ("def f(a):\n    |\n    return a\n", "for x in a:\n        print(x)\n        print(a)\n¦    y = 1\n"),
    ("def f(a):\n    return g(|\n", "a,\n        1,\n    )¦\n    x = 1\n"),
    ("def f(a):\n    return g(|)\n", "a, b¦\n    c\n"),
    ("def f(a):\n    # what it is\n    |\n    return a\n", "# more words\n    a = a + 1¦\n    b = 2\n"),
    ("x = 1|\n", "\ny = 2¦\nz = 3\nw = 4\n"),
    ("@|\n", "cache\ndef f():\n    return 1\n¦\nx = 1\n"),
    ('|\nimport a\n\ndef f():\n    """Words."""\n', '"""What it is.\n\nMore words; these too.\n"""¦\nx = 1\n'),
    ("def |\n    a = 1\n    return a\n", "f(b):¦\n    c = b\n    return c\n"),
    ("for x in |\n    print(x)\n", "y:¦\n    print(y)\n    z = 1\n"),
    ("if a:|\n    c = 1\n", "\n    b = 1¦\n    d = 2\n"),
    ('def f():\n    """What |\n\n    More.\n    """\n', "it is.¦\n\n    Words.\n\n    And words.\n"),
    ('def f():\n    """What.\n\n    |\n\n    More.\n    """\n', "This\n    is it.\n\n¦    Words.\n"),
    ('def f():\n    """What |\n    g()\n\ndef g():\n    """Words."""\n', 'it\n    is."""¦\n    h()\n'),
    ("class A:\n    |\n", "x = 1\n    y = 2\n\n    def f(self):\n        pass\n¦B = 1\n"),
]


@pytest.mark.parametrize(("source", "reply"), PYTHON)
def test_python_ends_with_the_statement_or_the_block(source: str, reply: str) -> None:
    wanted, _ = reply.split("¦")
    assert (end_of("python", source, reply.replace("¦", "")) or "").rstrip() == wanted.rstrip()


OTHERS = [
    ("javascript", "function f(a) {\n  |\n  return a;\n}\n", "if (a) {\n    b();\n  }¦\n  c();\n"),
    ("javascript", "function f(a) {\n  |\n}\n", "const b = 1;\n  return b;\n¦}\n\nfunction g() {}\n"),
    ("javascript", "const x = |\nlet y\n", "[\n  1,\n  2,\n];¦\nlet z = 1;\n"),
    ("go", "package p\n\nfunc f() int {\n\t|\n}\n", "x := 1\n\treturn x\n¦}\n\nfunc g() {}\n"),
    ("rust", "fn f() -> i32 {\n    |\n    2\n}\n", "let x = match a {\n        1 => 2,\n    };¦\n    y\n"),
    ("c", "int f(int a) {\n    |\n    return a;\n}\n", "while (a) {\n        a--;\n    }¦\n    g();\n"),
    ("css", ".a:li|\n\ntable {\n  margin: 0;\n}\n", "nk,\n.b:hover {\n  margin: 1;\n}¦\n.c { d: 1 }\n"),
    ("css", ".a:li|\n\n.d {\n  margin: 0;\n}\n", "nk,\n.b:hover {\n  margin: 1;\n}¦\n.c { d: 1 }\n"),
    (
        "html",
        "<body>\n  |\n  <div>\n    <p>a</p>\n  </div>\n</body>\n",
        "<div class='b'>\n    <p>c</p>\n  </div>\n¦  <p>d</p>\n  <p>e</p>\n",
    ),
    ("yaml", "a:\n  b: 1\n  |\n  d: 2\n", "c:\n    - 1\n    - 2\n¦  e: 3\n"),
    ("yaml", "a:\n  te|\n  d: 2\n", "xt: |\n    So it\n    is.\n¦  e: 3\n"),
    ("html", "<body>\n  <div |\n    <p>a</p>\n  </div>\n</body>\n", "id='b'>¦\n    <p>c</p>\n    <p>d</p>\n"),
    ("c", "/*\n * What |\n * and more.\n */\nint a;\n", "it is.¦\n * Words.\n * Words.\n"),
    ("javascript", "f(`\n  so |\n  more\n`);\n", "it is.¦\n  Words.\n  Words.\n"),
    ("c", "switch (a) {\n|\ndefault:\n  b();\n}\n", "case 1:\n  c();\n  break;¦\ncase 2:\n  d();\n"),
    ("java", "class A {\n    |\n}\n", "int f() {\n        return 1;\n    }\n¦}\nclass B {}\n"),
]


@pytest.mark.parametrize(("language", "source", "reply"), OTHERS)
def test_other_languages_end_so_too(language: str, source: str, reply: str) -> None:
    wanted, _ = reply.split("¦")
    found = end_of(language, source, reply.replace("¦", "")) or ""
    assert found.rstrip().removesuffix("}").rstrip() == wanted.rstrip().removesuffix("}").rstrip()


def test_what_stands_open_is_waited_for() -> None:
    assert end_of("python", "x = |\n", "[\n    1,\n    2,\n") is None
    assert end_of("python", "def f(a):\n    |\n", "if a:\n        b = 1\n") is None


def test_text_right_of_the_cursor_keeps_a_suggestion_on_its_line() -> None:
    assert end_of("python", "print(f(|))\n", "a, b\nmore\n") == "a, b"
    assert end_of("", "some | words\n", "plain\nmore\n") == "plain"


def test_plain_text_ends_with_the_line_or_the_paragraph() -> None:
    assert end_of("", "Once upon |\n", "a time\nthere was\n") == "a time\n"
    assert end_of("", "Title\n\n|\n", "One line,\nanother.\n\nNext paragraph.\n") == "One line,\nanother.\n\n"


def test_there_is_a_longest_suggestion() -> None:
    reply = "".join(f"    {n},\n" for n in range(100))
    assert (end_of("python", "x = [|\n", "\n" + reply, most_lines=5) or "").count("\n") == 6
