"""Replies as models write them, read into files: each format, many languages, and nothing outside the symbol."""

from __future__ import annotations

import random

import pytest

from assistant.editing.formats.reply import fenced_blocks
from assistant.editing.formats.search_replace import SearchReplace
from assistant.editing.formats.unified_diff import UnifiedDiff
from assistant.editing.formats.whole_file import WholeFile
from assistant.editing.formats.whole_symbol import BROKE_OFF, WholeSymbol
from assistant.editing.gate import judge
from assistant.editing.task import EditTask, Reply, ReplyUnusable
from assistant.syntax.languages import language_named
from benchmarks.mutations import mutations, sloppy

PYTHON = """import math


class Cart:
    @property
    def total(self):
        result = 0
        for item in self.items:
            result -= item.price
        return result

    def count(self):
        return len(self.items)


def area(r):
    return math.pi * r
"""


def _task(text: str, symbol: str, language: str = "python", wish: str = "Correct it.") -> EditTask:
    return EditTask("f", text, language_named(language), wish, symbol)


def _read(task: EditTask, reply: str, **how: str) -> str:
    text = WholeSymbol().read(task, Reply(reply, **how)).text  # type: ignore[arg-type]
    assert judge(task, text).sound
    return text


RIGHT = "        result = 0\n        for item in self.items:\n            result += item.price\n        return result"
WANTED = PYTHON.replace("-=", "+=")


@pytest.mark.parametrize(
    "reply",
    [
        RIGHT + "\n",
        RIGHT + "\n```\nI changed the operator.",
        "\n".join(line[4:] for line in RIGHT.split("\n")),
        "\n".join(line[8:] for line in RIGHT.split("\n")),
        "\n".join("  " + line for line in RIGHT.split("\n")),
        RIGHT.lstrip(),
        "Sure!\n```python\n    @property\n    def total(self):\n" + RIGHT + "\n```\nDone.",
        "```py\n@property\ndef total(self):\n" + "\n".join(line[4:] for line in RIGHT.split("\n")) + "\n```",
        "```\ndef total(self):\n" + "\n".join(line[4:] for line in RIGHT.split("\n")),
        RIGHT + "\n\n    def count(self):\n        return 0\n",
        RIGHT + "\n\n\nprint(Cart([]).total)\n",
        RIGHT.replace("        return result", "        ret"),
    ],
)
def test_every_way_of_saying_the_body_gives_the_same_file(reply: str) -> None:
    text = _read(_task(PYTHON, "Cart.total"), reply)
    assert text == WANTED or text == WANTED.replace("    @property\n", ""), text


def test_a_reply_that_broke_off_keeps_the_old_rest_and_says_so() -> None:
    reading = WholeSymbol().read(_task(PYTHON, "Cart.total"), Reply("        result = 0\n        for it", "length"))
    assert reading.text == PYTHON
    assert reading.notes == (BROKE_OFF,)


def test_a_reply_without_the_symbol_is_refused() -> None:
    with pytest.raises(ReplyUnusable, match=r"no Cart\.total"):
        WholeSymbol().read(_task(PYTHON, "Cart.total", wish="Rename the parameter"), Reply("I cannot do that."))


def test_the_header_is_written_for_the_model_unless_the_wish_is_about_it() -> None:
    start = WholeSymbol().prompt(_task(PYTHON, "Cart.total")).reply_start
    assert start == "```python\n    @property\n    def total(self):"
    assert WholeSymbol().prompt(_task(PYTHON, "area", wish="Rename the parameter r")).reply_start == "```python\n"


def test_a_renamed_symbol_is_taken_when_asked_for() -> None:
    text = _read(
        _task(PYTHON, "area", wish="Rename it to disk_area"), "def disk_area(r):\n    return math.pi * r * r\n"
    )
    assert text.endswith("def disk_area(r):\n    return math.pi * r * r\n")


def test_the_reply_is_over_when_the_next_line_is_not_the_symbols() -> None:
    task = _task(PYTHON, "Cart.total")
    whole = RIGHT + "\n\n    def count(self):\n"
    over = [n for n in range(1, whole.count("\n") + 1) if WholeSymbol().complete(task, _lines(whole, n))]
    assert over == [6]
    braces = _task("int f(int a) {\n  return a - 1;\n}\n", "f", "c")
    reply = "{\n  if (a) {\n    return 1;\n  }\n  return a;\n}\n"
    assert [n for n in range(1, 7) if WholeSymbol().complete(braces, _lines(reply, n))] == [6]


def _lines(text: str, count: int) -> str:
    return "".join(text.splitlines(keepends=True)[:count])


@pytest.mark.parametrize(
    ("language", "text", "symbol", "reply", "after"),
    [
        ("c", "int f(int a) {\n  return a - 1;\n}\nint g;\n", "f", "{\n  return a + 1;\n}\n", "int f(int a) {\n  return a + 1;\n}\nint g;\n"),
        ("java", "class A {\n    int f() {\n        return 0;\n    }\n    int g;\n}\n", "A.f", "{\n        return 1;\n    }\n```", "class A {\n    int f() {\n        return 1;\n    }\n    int g;\n}\n"),
        ("go", "package p\n\nfunc F() int {\n\treturn 0\n}\n", "F", "```go\nfunc F() int {\n\treturn 1\n}\n```", "package p\n\nfunc F() int {\n\treturn 1\n}\n"),
        ("rust", "fn f() -> i32 {\n    0\n}\n", "f", "{\n    1\n}", "fn f() -> i32 {\n    1\n}\n"),
        ("javascript", "function f() {\n  return 0;\n}\n", "f", "{\n  return 1;\n}\nf();", "function f() {\n  return 1;\n}\n"),
        ("typescript", "class A {\n  f(): number {\n    return 0;\n  }\n}\n", "A.f", "{\n    return 1;\n  }", "class A {\n  f(): number {\n    return 1;\n  }\n}\n"),
        ("ruby", "def f\n  0\nend\n", "f", "def f\n  1\nend\n", "def f\n  1\nend\n"),
    ],
)  # fmt: skip
def test_symbols_of_many_languages(language: str, text: str, symbol: str, reply: str, after: str) -> None:
    assert _read(_task(text, symbol, language), reply) == after


def test_nothing_outside_the_symbol_ever_changes_however_sloppy_the_reply() -> None:
    chance = random.Random(3)
    sound = 0
    found = mutations(60, seed=5)
    for mutation in found:
        task = mutation.task()
        assert task.symbol is not None
        begun = WholeSymbol().prompt(task).reply_start.partition("\n")[2]
        old = task.text[task.symbol.span.start : task.symbol.span.end]
        text = WholeSymbol().read(task, Reply(sloppy(begun, old[len(begun.lstrip()) :], chance))).text
        assert text.startswith(task.text[: task.symbol.span.start])
        assert text.endswith(task.text[task.symbol.span.end :])
        sound += judge(task, text).sound
    assert sound == len(found)


def test_search_replace_moves_the_new_lines_with_the_old() -> None:
    reply = "    result -= item.price\n=======\n    result += item.price\n>>>>>>> REPLACE\n"
    assert SearchReplace().read(_task(PYTHON, ""), Reply(reply)).text == WANTED


def test_search_replace_takes_several_pairs_or_none() -> None:
    pairs = (
        "Here:\n```\n<<<<<<< SEARCH\n            result -= item.price\n=======\n            result += item.price\n>>>>>>> REPLACE\n"
        "<<<<<<< SEARCH\n    return math.pi * r\n=======\n    return math.pi * r * r\n>>>>>>> REPLACE\n```"
    )
    assert SearchReplace().read(_task(PYTHON, ""), Reply(pairs)).text == WANTED.replace("pi * r\n", "pi * r * r\n")
    with pytest.raises(ReplyUnusable, match="closest are lines 9 to 9"):
        SearchReplace().read(_task(PYTHON, ""), Reply(pairs.replace("-= item.price\n=", "-= item.cost\n=")))
    with pytest.raises(ReplyUnusable, match="no complete pair"):
        SearchReplace().read(_task(PYTHON, ""), Reply("I would change the operator."))


def test_unified_diffs_with_wrong_numbers_apply() -> None:
    reply = " -1,3 +1,3 @@\n         for item in self.items:\n-            result -= item.price\n+            result += item.price\n"
    assert UnifiedDiff().read(_task(PYTHON, ""), Reply(reply)).text == WANTED
    fenced = "```diff\n--- a/f\n+++ b/f\n@@ -80,2 +80,2 @@\n-            result -= item.price\n+            result += item.price\n```"
    assert UnifiedDiff().read(_task(PYTHON, ""), Reply(fenced)).text == WANTED


def test_a_whole_file_that_broke_off_is_never_taken() -> None:
    assert WholeFile().read(_task(PYTHON, ""), Reply(WANTED + "```\nDone.", "stop")).text == WANTED
    assert WholeFile().read(_task(PYTHON, ""), Reply(f"Sure:\n```python\n{WANTED}```")).text == WANTED
    with pytest.raises(ReplyUnusable, match="broke off"):
        WholeFile().read(_task(PYTHON, ""), Reply(WANTED[:50], "length"))


def test_fences_of_all_kinds_are_found() -> None:
    blocks = fenced_blocks("a\n```py\nx\n```\n~~~\ny\n~~~\n```\nz")
    assert [(b.code, b.language, b.closed) for b in blocks] == [
        ("x\n", "py", True),
        ("y\n", "", True),
        ("z", "", False),
    ]
