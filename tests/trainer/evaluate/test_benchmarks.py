"""Each benchmark of the table: its own solutions pass, empty ones fail, on a part of its problems."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import UsageError
from assistant.sandbox.api import Trial
from assistant.sandbox.sandbox import Sandbox
from trainer.errors import TrainerError
from trainer.evaluate.benchmarks import ds1000, plus, shapes
from trainer.evaluate.benchmarks.table import BENCHMARKS, benchmark
from trainer.evaluate.execute import Sample, judge
from trainer.evaluate.sources import load

# Every so many-th problem; `make bench` judges all of them.
STEPS = {"humaneval": 1, "humaneval+": 4, "mbpp": 10, "mbpp+": 12}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(0, ["numpy"]) as opened:
        yield opened


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in BENCHMARKS if name != "ds1000"])
def test_own_solutions_pass_and_empty_ones_fail(name: str, shared: Path, sandbox: Sandbox) -> None:
    row = BENCHMARKS[name]
    problems = load(row, shared / "data")
    problems = problems[:: STEPS.get(name, max(1, len(problems) // 40))]
    right = list(judge(problems, [Sample(p.id, 0, p.canonical) for p in problems], sandbox))
    assert not [outcome for outcome in right if not outcome.passed]
    assert len(right) == len(problems)
    # An empty middle can be right where the gap holds nothing that matters, so infilling gets a wrong one.
    wrong = "\n)(\n" if problems[0].suffix else ""
    some = problems[:12]
    outcomes = list(judge(some, [Sample(p.id, 0, wrong) for p in some], sandbox))
    assert not [outcome for outcome in outcomes if outcome.passed]


@pytest.fixture
def ds_rows() -> list[dict[str, Any]]:
    context = '''
import numpy as np
def generate_test_case(number):
    a = np.arange(5) * number
    return a, a + 1
def exec_test(result, answer):
    np.testing.assert_array_equal(result, answer)
    return 1
exec_context = """
import numpy as np
a = test_input
[insert]
"""
def test_execution(solution: str):
    code = exec_context.replace("[insert]", solution)
    for number in range(2):
        test_input, expected = generate_test_case(number)
        space = {"test_input": test_input}
        exec(code, space)
        assert exec_test(space["result"], expected)
def test_string(solution: str):
    assert "for" not in solution
'''
    row = {"prompt": "Add one to each.\n", "reference_code": "result = a + 1", "code_context": context}
    libraries = ("Numpy", "Tensorflow")
    return [
        {**row, "metadata": {"problem_id": n, "library": name, "perturbation_type": "Origin"}}
        for n, name in enumerate(libraries)
    ]


def test_ds1000_runs_on_its_schema_and_says_what_is_left_out(
    ds_rows: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ds1000.jsonl.gz"
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in ds_rows).encode()))
    monkeypatch.setattr(ds1000, "_installed", lambda module: module != "tensorflow")
    problems = load(BENCHMARKS["ds1000"], path)
    assert [ds1000.left_out(problem) for problem in problems] == ["", "tensorflow is not installed"]
    numpy = problems[0]
    answers = [
        "result = a + 1",
        "result = a",
        "result = np.array([x + 1 for x in a])",
        "import os; os._exit(0)",
        "(",
        "",
    ]
    with Sandbox(1, ["numpy"]) as sandbox:
        samples = [Sample(numpy.id, number, text) for number, text in enumerate(answers)]
        outcomes = {outcome.sample: outcome for outcome in judge([numpy], samples, sandbox)}
    assert [outcomes[n].passed for n in range(len(answers))] == [True, False, False, False, False, False]
    assert [outcomes[n].reason for n in (1, 3, 4, 5)] == ["wrong answer", "exited", "syntax", "empty"]
    assert all(outcome.in_process for outcome in outcomes.values())


def test_a_file_of_ones_own_is_a_benchmark(tmp_path: Path) -> None:
    rows = [
        {"prompt": "def f(x):\n", "test": "def check(candidate):\n    assert candidate(1) == 2", "entry_point": "f"},
        {
            "prompt": "def g(x):\n",
            "test": "assert g(1) == 3",
            "entry_point": "g",
            "canonical_solution": "    return x + 2",
        },
    ]
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    problems = load(benchmark(str(path)), None)
    with Sandbox(1) as sandbox:
        samples = [
            Sample("1", 0, "    return x + 1"),
            Sample("1", 1, "    return x"),
            Sample("2", 0, problems[1].canonical),
        ]
        passed = {(o.problem, o.sample): o.passed for o in judge(problems, samples, sandbox)}
    assert passed == {("1", 0): True, ("1", 1): False, ("2", 0): True}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no json\n", "line 1 is no JSON"),
        (b"[1]\n", "no JSON object"),
        (b'{"prompt": "x"}\n', "a row lacks 'entry_point'"),
        (b"\x1f\x8b\x08\x00garbage", "cannot read"),
        (b"", "no problems"),
    ],
)
def test_damaged_data_is_one_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_bytes(content)
    with pytest.raises(TrainerError, match=words):
        load(benchmark(str(path)), None)


def test_unknown_names_are_told_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean humaneval"):
        benchmark("humanevall")


def test_without_data_and_network_the_sentence_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WIZARD_SHARED", raising=False)
    with pytest.raises(TrainerError, match="--data FOLDER"):
        load(replace(BENCHMARKS["humaneval"], hub=None), None)


def test_answers_too_large_to_come_across_are_not_asked_for(sandbox: Sandbox) -> None:
    tests = plus.tests("upto", "def upto(n):\n    return list(range(n))\n", "", [[3], [10**6], [4]], 0)
    asked = "def upto(n):\n    return list(range(n)) if n < 10 else []\n"
    assert sandbox.run(Trial(asked, tests)).passed
    assert sandbox.run(Trial(asked.replace("n < 10", "n < 4"), tests)).reason == "wrong answer"


def test_json_inputs_get_their_types_back() -> None:
    shown = shapes.called_with("assert f((1, 2), [(3, 'a')], 1j, {4}) == 5", "f")[0]
    assert shown == [(1, 2), [(3, "a")], 1j, {4}]
    values = [[5, 6, 7], [[8, "b"], [9, "c"]], "2j", [1, 2]]
    assert [shapes.shaped(v, [e]) for v, e in zip(values, shown, strict=True)] == [
        (5, 6, 7),
        [(8, "b"), (9, "c")],
        2j,
        {1, 2},
    ]
    assert shapes.shaped([1, [2, [3]]], [(1, (2, 3))]) == (1, (2, (3,)))
