"""Planted problems of benchmarks are found under every disguise, and clean code is left alone."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.trainer.evolve.planting import disguised
from trainer.errors import TrainerError
from trainer.evolve.checking.decontaminate import Benchmarks, Exam
from trainer.evolve.checking.exams import find_benchmarks
from trainer.evolve.checking.fingerprint import fingerprint
from trainer.evolve.files.seeds import read_seeds


@pytest.fixture(scope="module")
def exams(shared: Path) -> list[Exam]:
    from trainer.evolve.checking.exams import _named

    return [exam for name in ("humaneval", "mbpp") for exam in _named(name, shared / "data")]


def test_of_300_planted_solutions_98_percent_are_found(exams: list[Exam]) -> None:
    benchmarks = Benchmarks(exams)
    chance = random.Random(300)
    planted = chance.sample(exams, 300)
    missed = [
        exam.name
        for exam in planted
        if benchmarks.of_answer(f"Here it is:\n\n```python\n{disguised(exam.solution, chance)}\n```\nGood luck!")
        is None
    ]
    assert len(missed) <= 6, missed


def test_of_clean_pairs_at_most_one_in_200_is_taken_for_a_problem(exams: list[Exam], shared: Path) -> None:
    benchmarks = Benchmarks(exams)
    files = [shared / "data" / "codealpaca" / name for name in ("code_alpaca_2k.json.gz", "new_codealpaca.json.gz")]
    pairs = list(read_seeds(files, print))
    taken = [s for s in pairs if benchmarks.of_task(s.instruction) or benchmarks.of_answer(s.response)]
    assert len(pairs) > 6000
    assert len(taken) <= len(pairs) * 0.005


def test_the_program_s_own_code_is_clean(exams: list[Exam]) -> None:
    benchmarks = Benchmarks(exams)
    for path in sorted((Path(__file__).parents[4] / "trainer").rglob("*.py")):
        assert benchmarks.of_answer(f"```python\n{path.read_text(encoding='utf-8')}\n```") is None, path


def test_statements_and_examples_are_found_in_tasks(exams: list[Exam]) -> None:
    benchmarks = Benchmarks(exams)
    below_zero = next(exam for exam in exams if exam.name.endswith("HumanEval/3"))
    words = "You're given a list of deposit and withdrawal operations on a bank account that starts with zero balance. Your task is to detect if it ever falls below."
    assert "HumanEval/3" in (benchmarks.of_task(f"As a clerk: {words}") or "")
    assert benchmarks.of_task(below_zero.statement)
    assert benchmarks.of_task("Complete it.\n>>> g([1, 2, 3])\nFalse\n>>> g([1, 2, -4, 5])\nTrue\n")
    assert benchmarks.of_task("Write a function that detects whether a bank account is overdrawn.") is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("def f(a):\n    return a[0] + 1", "def g(xs):\n  # uno\n  return (xs[0]+1)"),
        ("def f(a):\n    x = 1\n    y = 2\n    return a + x * y", "def f(a):\n    y = 2\n    x = 1\n    return y * x + a"),
        ("def f(a):\n    if a:\n        return 1\n    else:\n        if len(a) > 2:\n            return 3", "def f(b):\n    if b:\n        return 1\n    elif 2 < len(b):\n        return 3"),
        ("def f(a: int) -> int:\n    '''doc'''\n    return sum(x for x in a)", "def f(a):\n    return sum((q for q in a))"),
        ("def f(a):\n    return 'x', 1.", 'def f(a):\n    return ("x", 1.0)'),
        ("def f(list, sum):\n    sum += list\n    return sum", "class S:\n    def g(self, q, w):\n        w = q + w\n        return w"),
        ("def f(a, b):\n    if a >= b:\n        return a\n    else:\n        return b", "def f(u, v):\n    if not v <= u:\n        return v\n    else:\n        return u"),
        ("def f(a):\n    return 1 if a != 3 and a in 'xy' and len(a) else 2", "def f(b):\n    return (2 if not (len(b) and b in 'xy' and 3 != b) else 1)"),
        ("def f(a):\n    g(a, k=1, j={'u': 1, 'v': 2})", "def f(z):\n    g(\n        z,\n        j={'v': 2, 'u': 1},  # dos\n        k=1,\n    )"),
    ],
)  # fmt: skip
def test_disguises_do_not_change_the_fingerprint(one: str, other: str) -> None:
    assert fingerprint(one).bodies == fingerprint(other).bodies


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("def f(a, b):\n    return a - b", "def f(a, b):\n    return a + b"),
        ("def f(a):\n    return max(a)", "def f(a):\n    return min(a)"),
        ("def f(a, b):\n    if a > b:\n        return a", "def f(a, b):\n    if a < b:\n        return a"),
        ("def f(a):\n    return a.upper()", "def f(a):\n    return a.lower()"),
        ("def f(a):\n    return a[0]", "def f(a):\n    return a[1]"),
    ],
)
def test_other_programs_have_other_fingerprints(one: str, other: str) -> None:
    assert fingerprint(one).bodies != fingerprint(other).bodies


def test_hostile_code_is_survived() -> None:
    for source in ("(" * 50_000, "x" + "[0]" * 20_000, "\x00\xff" * 99, "if 1:\n" * 3_000, "def f(:\n  return"):
        assert fingerprint(source) == fingerprint(source)


def test_files_of_problems_in_the_schemas_of_benchmarks_are_taken(tmp_path: Path) -> None:
    rows = [
        '{"task_id": 1, "text": "Fold the paper crane along the seven dotted lines of the sheet.", "code": "def fold(crane):\\n    return crane.fold(7, style=\'dotted\')", "test_list": ["assert fold(1) == 2"]}',
        '{"prompt": "Make df wide\\n", "reference_code": "result = df.pivot(index=\'a\', columns=\'b\', values=\'c\').reset_index(drop=True)", "metadata": {"problem_id": 7}}',
    ]
    path = tmp_path / "own.jsonl"
    path.write_text("\n".join(rows), encoding="utf-8")
    benchmarks, counts, missing = find_benchmarks(str(path), None, required=True)
    assert (counts, missing) == ({str(path): 2}, [])
    assert benchmarks.of_task("Please fold the paper crane along the seven dotted lines of the sheet now.")
    assert benchmarks.of_answer(
        "```python\nout = table.pivot(index='a', columns='b', values='c').reset_index(drop=True)\n```"
    )


def test_a_benchmark_asked_for_by_name_must_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WIZARD_SHARED", str(tmp_path))
    with pytest.raises(TrainerError, match="humaneval"):
        find_benchmarks("humaneval", None, required=True)
    assert find_benchmarks("humaneval", None, required=False)[2] == ["humaneval"]
    assert find_benchmarks("humaneval?,simple", None, required=True)[2] == ["humaneval"]


@pytest.mark.parametrize("name", ["fibonacci_sequence", "nthFibonacciTerm", "calculate_fibonacci_numbers"])
def test_a_problem_s_name_in_other_words_is_its_name_where_names_count(name: str) -> None:
    exam = Exam("fib", "", "def fibonacci(n):\n    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)")
    answer = f"def {name}(n):\n    series = [0, 1]\n    while len(series) <= n:\n        series.append(series[-1] + series[-2])\n    return series"
    assert "the name of its function" in (Benchmarks([exam], by_name=True).of_answer(answer) or "")
    assert Benchmarks([exam]).of_answer(answer) is None
