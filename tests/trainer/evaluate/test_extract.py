"""Code is found in answers: golden cases, nothing needed lost, and no more than linear time."""

from __future__ import annotations

import ast
import random
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.evaluate.extract import completion_of, continuation, extract
from trainer.evaluate.problem import Problem

GOLDEN = sorted(Path(__file__).with_name("golden").glob("*.txt"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_case(path: Path) -> None:
    entry, rest = path.read_text().split("\n", 1)
    answer, code = rest.rsplit("\n=====\n", 1)
    assert extract(answer, entry).strip() == code.strip()


def test_there_are_golden_cases() -> None:
    assert len(GOLDEN) >= 20


@pytest.mark.parametrize(
    ("answer", "completion"),
    [
        ("    return x\n\ndef other():\n    pass\nprint(f(1))", "    return x\n\n"),
        (
            "    return help(x)\n\ndef help(y):\n    return y\n\nassert f(1)",
            "    return help(x)\n\ndef help(y):\n    return y\n",
        ),
        ("    return x", "    return x"),
        (
            "    s = '''\nat the margin\n'''\n    return s\nSome words.",
            "    s = '''\nat the margin\n'''\n    return s\n",
        ),
    ],
)
def test_continuation_ends_where_its_function_does(answer: str, completion: str) -> None:
    assert continuation("def f(x):\n", answer, "f") == completion


def test_a_chat_answer_that_is_only_a_body_continues_the_prompt() -> None:
    problem = Problem("p", "def f(x):\n", "f", "", "")
    assert completion_of("    return x\n", problem, chatty=True) == "    return x\n"


def test_a_class_that_only_the_tests_name_is_kept_where_they_run_beside_it() -> None:
    answer = "```python\nclass Node:\n    pass\n\nclass Other:\n    pass\n\ndef f(x):\n    return x\n```"
    beside = Problem("p", "", "f", "assert f(Node())", "", in_process=True)
    assert "class Node" in completion_of(answer, beside, chatty=True)
    assert "class Other" not in completion_of(answer, beside, chatty=True)
    assert "class Node" not in extract(answer, "f")


@given(st.text(alphabet="defclas f(x):\n  return1'\"`@#", max_size=300))
def test_any_text_is_taken_without_an_error(text: str) -> None:
    assert set(extract(text, "f").split()) <= set(text.split()), "nothing is invented"
    assert isinstance(continuation("def f(x):\n", text, "f"), str)


@given(st.lists(st.sampled_from(["helper", "table", "kind"]), max_size=6), st.randoms())
def test_what_is_extracted_parses_and_still_works(words: list[str], draw: random.Random) -> None:
    parts = {"helper": "def g(x):\n    return x", "table": "T = {1: 2}", "kind": "class K:\n    value = 3"}
    code = [parts[word] for word in words] + ["def f(x):\n    return x"]
    draw.shuffle(code)
    found = extract("Here it is:\n\n```python\n" + "\n\n".join(code) + "\n```\nBye.", "f")
    ast.parse(found)
    space: dict = {}
    exec(found, space)
    assert space["f"](4) == 4


def test_time_grows_with_the_length_and_no_faster() -> None:
    def seconds(lines: int) -> float:
        text = "\n".join(
            f"def f{n}(x):\n    return f{n - 1}(x)\nThis isn't code, it's prose\n" for n in range(lines // 4)
        )
        begun = time.process_time()
        extract(text, f"f{lines // 4 - 1}")
        return time.process_time() - begun

    seconds(400)
    short, long = min(seconds(1000) for _ in range(3)), min(seconds(8000) for _ in range(3))
    assert long < 30 * short, "eight times the text must not take thirty times as long"
    assert long < 10
