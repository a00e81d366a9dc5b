"""Finding the code in a model's answer, beside evalplus's sanitize: what survives, and how the time grows with the length.

Give the interpreter of an environment that has evalplus in EVALPLUS_PYTHON (`pip install --no-deps evalplus`, and
`tree-sitter tree-sitter-python numpy tqdm appdirs wget tempdir`, is enough); without it only ours runs. An answer
survives where what was taken from it, run in the sandbox, does what the answer's code does.
"""

from __future__ import annotations

import json
import os
import subprocess
import time

from assistant.sandbox.api import Program
from assistant.sandbox.sandbox import Sandbox
from trainer.evaluate.extract import extract

ROUNDS = 9
LINES = (100, 200, 400, 1600)
THEIR_LINES = (100, 200)

CASES: dict[str, tuple[str, str, str]] = {
    "decorated helper": (
        "f",
        "import functools\n\n@functools.cache\ndef fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n\n"
        "def f(n):\n    return fib(n)\n",
        "assert f(30) == 832040",
    ),
    "decorated entry point": (
        "f",
        "import functools\n\n@functools.lru_cache(None)\ndef f(n):\n    return 1 if n < 2 else n * f(n - 1)\n",
        "assert f(5) == 120",
    ),
    "generator": ("f", "def f(n):\n    for i in range(n):\n        yield i * i\n", "assert list(f(3)) == [0, 1, 4]"),
    "generator as helper": (
        "f",
        "def squares(n):\n    for i in range(n):\n        yield i * i\n\ndef f(n):\n    return sum(squares(n))\n",
        "assert f(4) == 14",
    ),
    "helper without return": (
        "f",
        "def fill(items, n):\n    items.append(n)\n\ndef f(n):\n    items = []\n    fill(items, n)\n    return items\n",
        "assert f(2) == [2]",
    ),
    "import under try": (
        "f",
        "try:\n    from math import gcd\nexcept ImportError:\n    from fractions import gcd\n\n"
        "def f(a, b):\n    return gcd(a, b)\n",
        "assert f(12, 18) == 6",
    ),
    "last of two definitions": (
        "f",
        "def f(n):\n    return None  # first try\n\ndef f(n):\n    return n + 1\n",
        "assert f(1) == 2",
    ),
    "tuple assignment": ("f", "A, B = 3, 4\n\ndef f():\n    return A * B\n", "assert f() == 12"),
    "table filled by a loop": (
        "f",
        "table = {}\nfor i in range(10):\n    table[i] = i * i\n\ndef f(n):\n    return table[n]\n",
        "assert f(7) == 49",
    ),
    "class with a method": (
        "f",
        "class Counter:\n    def __init__(self):\n        self.n = 0\n\n    def up(self):\n        self.n += 1\n\n"
        "def f():\n    c = Counter()\n    c.up()\n    return c.n\n",
        "assert f() == 1",
    ),
    "words, a fence, words": (
        "f",
        "Sure! Here is it:\n\n```python\ndef f(n):\n    return n * 2\n```\n\nIt doubles `n`. Don't forget to call it.\n",
        "assert f(2) == 4",
    ),
    "several fences": (
        "f",
        "First a helper:\n```python\ndef g(n):\n    return n + 1\n```\nThen:\n```python\ndef f(n):\n    return g(n)\n```\n",
        "assert f(2) == 3",
    ),
    "fence that is not closed": ("f", "```python\ndef f(n):\n    return -n\n", "assert f(2) == -2"),
}

_THEIRS = """
import json, sys, time, types, unittest.mock
sys.modules.setdefault("datasets", unittest.mock.MagicMock())
from evalplus.sanitize import sanitize
answers = json.load(sys.stdin)
rows = []
for answer, name in answers:
    begun = time.process_time()
    try:
        code = sanitize(answer, name)
    except Exception as error:
        code = ""
    rows.append((code, time.process_time() - begun))
json.dump(rows, sys.stdout)
"""


def long_answer(lines: int) -> str:
    """An answer of that many lines: words, then functions that use each other, then words."""
    text = ["Here is a solution that works in several passes:", ""]
    number = 0
    while len(text) < lines - 3:
        number += 1
        text += [f"def pass_{number}(items):", f"    total = {number}", "    for item in items:"]
        text += ["        total += item", "    return total", ""]
    text += ["def f(items):", f"    return pass_{number}(items)", "I hope that this helps, ask if it doesn't."]
    return "\n".join(text) + "\n"


def theirs(answers: list[tuple[str, str]]) -> list[tuple[str, float]] | None:
    """What evalplus takes of each answer, and its processor time; None where it is not at hand."""
    python = os.environ.get("EVALPLUS_PYTHON")
    if not python:
        return None
    done = subprocess.run(
        [python, "-c", _THEIRS], input=json.dumps(answers), capture_output=True, text=True, check=True
    )
    return [(row[0], row[1]) for row in json.loads(done.stdout)]


def survivors(taken: list[str], sandbox: Sandbox) -> list[bool]:
    """Which cases still do what they should."""
    works = [Program(f"{code}\n{test}\n") for code, (_, _, test) in zip(taken, CASES.values(), strict=True)]
    passed = dict(sandbox.run_many(works))
    return [passed[index].passed for index in range(len(works))]


def seconds_of(answer: str) -> float:
    """Our processor time for one answer, the least of several: neighbours in the caches only ever add."""
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        extract(answer, "f")
        times.append(time.process_time() - begun)
    return min(times)


def main() -> None:
    answers = [(answer, name) for name, answer, _ in CASES.values()]
    mine = [extract(answer, name) for answer, name in answers]
    other = theirs([*answers, *((long_answer(lines), "f") for lines in THEIR_LINES)])
    with Sandbox(0) as sandbox:
        ours = survivors(mine, sandbox)
        their = survivors([code for code, _ in other[: len(answers)]], sandbox) if other else None
    for index, name in enumerate(CASES):
        words = "" if their is None else f", evalplus {'ok' if their[index] else 'lost'}"
        print(f"extract: {name}: ours {'ok' if ours[index] else 'lost'}{words}")
    print(f"extract: {sum(ours)} of {len(ours)} survive (bound: all) {'ok' if all(ours) else 'MISS'}")
    extract(long_answer(50), "f")
    times = {lines: seconds_of(long_answer(lines)) for lines in LINES}
    print("extract: processor time: " + ", ".join(f"{lines} lines {1000 * t:.1f} ms" for lines, t in times.items()))
    growth = times[1600] / times[400]
    print(f"extract: 1,600 lines take {growth:.2f} × what 400 take (bound: 5) {'ok' if growth <= 5 else 'MISS'}")
    if other:
        for lines, (_, taken) in zip(THEIR_LINES, other[len(answers) :], strict=True):
            ratio = taken / times[lines]
            judged = f"(bound: 20) {'ok' if ratio >= 20 else 'MISS'}" if lines == THEIR_LINES[-1] else ""
            print(f"extract: {lines} lines: evalplus {taken:.2f} s, {ratio:,.0f} × ours {judged}")


if __name__ == "__main__":
    main()
