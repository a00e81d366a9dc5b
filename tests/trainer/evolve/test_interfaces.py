"""Naming the interface: which seeds can be asked for by a call, what becomes of them, and that a set of them needs no teacher."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.errors import TrainerError
from trainer.evolve.interfaces import with_interface
from trainer.evolve.run import run
from trainer.evolve.settings import Settings
from trainer.records import Seed

DOUBLE = "def double(n: int) -> int:\n    # twice\n    return n * 2\n\nprint(double(2))"


@pytest.mark.parametrize(
    ("task", "named", "says"),
    [
        (
            "Write a function to double a number.",
            "Write a Python function double(n) to double a number.",
            "Double a number.",
        ),
        ("Create a Python program that doubles n", "Create a Python function double(n) that doubles n", "Doubles n."),
        (
            "Double a number. Use no loop.",
            "Write a Python function double(n). Double a number. Use no loop.",
            "Double a number.",
        ),
        (
            "Write a function called twice(x) that doubles x",
            "Write a Python function double(n) that doubles x",
            "Doubles x.",
        ),
        (
            "Generate an algorithm in Python for doubling.\n\n[1, 2]",
            "Generate a Python function double(n) for doubling.",
            "Doubling.",
        ),
    ],
)
def test_a_task_names_the_function_of_its_answer(task: str, named: str, says: str) -> None:
    seed = with_interface(Seed(task, f"Here it is:\n```python\n{DOUBLE}\n```"))
    assert seed == Seed(named, f'def double(n):\n    """{says}"""\n    return n * 2')
    assert with_interface(Seed(task, DOUBLE)) == seed


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "It is 4.",
        "print(2 * 2)",
        "def f(x):\n    print(x)",
        "def f(*x):\n    return x",
        "def f(x):\n    return g(x)\n\ndef g(x):\n    return x",
        "class A:\n    pass\n\ndef f(x):\n    return x",
        "@app.route('/')\ndef f():\n    return 1",
        "RATE = 3\ndef f(x):\n    return x * RATE",
        "function f(x) { return x }",
        "def f(x):\n    return (" + "(" * 5000,
    ],
)
def test_an_answer_that_is_not_one_function_with_a_result_is_left_out(answer: str) -> None:
    assert with_interface(Seed("Write a function.", answer)) is None


@pytest.mark.parametrize("task", ["Fix the code below.", "Optimize the following function.", "Rewrite it.", "x" * 400])
def test_a_task_about_given_code_is_left_out(task: str) -> None:
    assert with_interface(Seed(task, DOUBLE)) is None


@given(st.text(), st.text())
def test_whatever_comes_in_what_comes_out_is_a_program(task: str, answer: str) -> None:
    for response in (answer, DOUBLE):
        named = with_interface(Seed(task, response))
        if named is not None:
            assert "(" in named.instruction and "\n" not in named.instruction.strip("\n")
            assert isinstance(ast.parse(named.response).body[-1], ast.FunctionDef)


def test_a_set_of_them_needs_no_teacher_and_holds_no_problem_of_an_exam(tmp_path: Path) -> None:
    vowels = "def repeated_vowels(text):\n    return [c for c in text.lower() if c in 'aeiou' and text.count(c) > 1]"
    palindrome = "def is_palindrome(text):\n    return text == text[::-1]"
    rows = [
        {"instruction": "Write a function that lists repeated vowels.", "output": vowels},
        {"instruction": "Write a function that tells whether a text is a palindrome.", "output": palindrome},
        {
            "instruction": "Write a function to calculate a factorial.",
            "output": "def calcFactorials(n):\n    total = 1\n    while n > 1:\n        total, n = total * n, n - 1\n    return total",
        },
        {"instruction": "What is a list?", "output": "A list holds things."},
    ]
    (tmp_path / "seeds.json").write_text(json.dumps(rows), encoding="utf-8")
    out = tmp_path / "named.jsonl"
    settings = Settings(
        (tmp_path / "seeds.json",), out, "none", rounds=0, interfaces=True, decontaminate="simple", report=False
    )
    run(settings)
    kept = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["instruction"] for row in kept] == [
        "Write a Python function repeated_vowels(text) that lists repeated vowels."
    ]
    with pytest.raises(TrainerError, match="seeds"):
        run(Settings((tmp_path / "seeds.json",), out, "none", rounds=0, decontaminate="none", report=False))


def test_without_a_fitting_seed_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "seeds.json").write_text('[{"instruction": "Say hello.", "output": "Hello."}]', encoding="utf-8")
    settings = Settings((tmp_path / "seeds.json",), tmp_path / "out.jsonl", "none", rounds=0, interfaces=True)
    with pytest.raises(TrainerError, match="one Python function answers"):
        run(settings)
