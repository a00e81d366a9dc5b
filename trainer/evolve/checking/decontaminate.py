"""Keeps the problems of benchmarks out of training data: their words, their examples, and their solutions.

A task is told by the word groups of its statement and by its examples; a solution by its syntax (`fingerprint`), which
renaming, reordering, reformatting and translated comments do not change. What is common to several problems ("write a
function to find the") or too small to belong to one tells nothing. This reads benchmarks and judges; it removes nothing.
"""

from __future__ import annotations

import ast
import contextlib
import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from trainer.evolve.checking.code import code_blocks
from trainer.evolve.checking.fingerprint import LARGE, fingerprint

_GROUP = 5
_WORD = re.compile(r"[a-z0-9]+")
_DEFINED = re.compile(r"^def\s+(\w+)\s*\(", re.M)
_NAME_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_FILLERS = (
    "calculate calc compute find get give return print generate create make check i determine of the a an in to from by my"
    " recursive iterative number num list string str text array function sequence series nth term value result"
)
_FILLING = frozenset(_FILLERS.split())
_COMMON = 3
_TEXT_SHARE = 0.5
_TEXT_LEAST = 5
_TEXT_MANY = 12
_CODE_SHARE = 0.75
_CODE_LEAST = 20
_BODY_LEAST = 3
_EXAMPLE_LEAST = 8


@dataclass(frozen=True)
class Exam:
    """A problem of a benchmark, as far as it must not leak: its name, statement, and solution."""

    name: str
    statement: str
    solution: str
    tests: str = ""


class Benchmarks:
    """Knows the problems; asked with what is about to become training data.

    Its two questions are those of `checks.Contamination`.

    Args:
        by_name: an answer's function that is named as a problem's own is that problem, however it is solved
            (`calculate_factorial` for `factorial`). For answers that are asked for by name; too strict for others.
    """

    def __init__(self, exams: Iterable[Exam], by_name: bool = False) -> None:
        self._called: dict[frozenset[str], int] = {}
        self._by_called = by_name
        self._names: list[str] = []
        self._groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self._group_counts: list[int] = []
        self._examples: dict[str, int] = {}
        self._bodies: dict[int, int] = {}
        self._statements: dict[int, list[int]] = defaultdict(list)
        self._weights: list[int] = []
        for exam in exams:
            self._take(exam)
        self._forget_the_common()

    def __len__(self) -> int:
        return len(self._names)

    def of_task(self, instruction: str) -> str | None:
        """Which problem a task is, and by what it was told."""
        return self._by_words(instruction) or self._by_examples(instruction) or self._by_code(instruction)

    def of_answer(self, response: str) -> str | None:
        """Which problem's solution an answer holds, and by what it was told."""
        named = self._by_name(response) if self._by_called else None
        return named or self._by_code(response) or self._by_examples(response) or self._by_words(response)

    def _take(self, exam: Exam) -> None:
        number = len(self._names)
        self._names.append(exam.name)
        groups = set(_word_groups(_prose(exam.statement)))
        for group in groups:
            self._groups[group].append(number)
        self._group_counts.append(len(groups))
        for example in {*_examples(exam.statement), *_examples(exam.tests)}:
            self._examples[example] = -1 if example in self._examples and self._examples[example] != number else number
        for name in _DEFINED.findall(exam.solution) if self._by_called else ():
            self._called.setdefault(_words_of(name), number)
        print_ = fingerprint(_plain(exam.solution))
        most = max((weight for _, weight, _ in print_.bodies), default=0)
        for body, weight, wiring in print_.bodies:
            # A small helper (is it a prime?) belongs to many programs, and not to the problem.
            if weight >= LARGE or weight == most:
                self._bodies.setdefault(_body(body, weight, wiring), number)
        kept = {statement: weight for statement, weight in print_.statements if weight >= 4}
        for statement in kept:
            self._statements[statement].append(number)
        self._weights.append(sum(kept.values()))

    def _forget_the_common(self) -> None:
        for group in [group for group, numbers in self._groups.items() if len(numbers) > _COMMON]:
            for number in self._groups.pop(group):
                self._group_counts[number] -= 1
        for statement in [hash_ for hash_, numbers in self._statements.items() if len(numbers) > _COMMON]:
            del self._statements[statement]

    def _by_words(self, text: str) -> str | None:
        hits: Counter[int] = Counter()
        for group in set(_word_groups(text)):
            for number in self._groups.get(group, ()):
                hits[number] += 1
        for number, count in hits.most_common(3):
            if count >= _TEXT_MANY or (count >= _TEXT_LEAST and count >= _TEXT_SHARE * self._group_counts[number]):
                return f"{self._names[number]}: {count} word groups of its statement"
        return None

    def _by_examples(self, text: str) -> str | None:
        hits = Counter(n for example in _examples(text) if (n := self._examples.get(example, -1)) >= 0)
        for number, count in hits.most_common(1):
            if count >= 2:
                return f"{self._names[number]}: {count} of its examples"
        return None

    def _by_name(self, text: str) -> str | None:
        for name in _DEFINED.findall(text):
            number = self._called.get(_words_of(name))
            if number is not None:
                return f"{self._names[number]}: the name of its function ({name})"
        return None

    def _by_code(self, text: str) -> str | None:
        for source in _sources(text):
            found = fingerprint(source)
            for body, weight, wiring in found.bodies:
                number = self._bodies.get(_body(body, weight, wiring))
                if number is not None and weight >= _BODY_LEAST:
                    return f"{self._names[number]}: the syntax of its solution"
            hits: Counter[int] = Counter()
            for statement, weight in set(found.statements):
                for number in self._statements.get(statement, ()):
                    hits[number] += weight
            for number, weight in hits.most_common(3):
                if weight >= _CODE_LEAST and weight >= _CODE_SHARE * self._weights[number]:
                    return f"{self._names[number]}: {weight / self._weights[number]:.0%} of its solution's statements"
        return None


def _words_of(name: str) -> frozenset[str]:
    """The words of a function's name that say what it is about, in any order: findLongestWords → longest, word."""
    words = frozenset(word.lower().rstrip("s") or word.lower() for word in _NAME_WORD.findall(name))
    return words - _FILLING or words


def _plain(solution: str) -> str:
    """A solution as Python itself writes it down: some have semicolons and the like that tree-sitter stumbles over."""
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.unparse(ast.parse(solution))
    return solution


def _body(body: int, weight: int, wiring: int) -> int:
    """What a body is known by; a small one also by which of its names goes where."""
    return body if weight >= LARGE else hash((body, wiring))


def _sources(text: str) -> list[str]:
    blocks = code_blocks(text)
    if blocks:
        return ["\n".join(block.text for block in blocks if block.language in ("python", ""))]
    return [text] if _CODE_SIGN.search(text) else []


_CODE_SIGN = re.compile(r"^\s*(?:def |return |for |while |if |import |from |\w+ = )", re.M)
_EXAMPLE = re.compile(
    r"(?:>>> |assert )\s*\(?\s*[\w.]+\s*(\(.*\))\s*(?:==|\n\s*)\s*([^\n]+)|\b\w+(\([^()\n]*\))\s*(?:==|➞|=>|->|should return|returns?)\s*([^\n.]+)"
)


def _examples(text: str) -> set[str]:
    """Calls and results in a text, without the name that is called and without white space."""
    found = set()
    for match in _EXAMPLE.finditer(text):
        call, result = (match[1], match[2]) if match[1] else (match[3], match[4])
        example = re.sub(r"[\s'\"]+", "", f"{call}={result}").rstrip(",;.")
        if len(example) >= _EXAMPLE_LEAST and any(c.isdigit() or c.isalpha() for c in example):
            found.add(example)
    return found


def _prose(statement: str) -> str:
    """The words of a statement: of a function to be completed, its docstring without the examples."""
    match = re.search(r'("""|\'\'\')(.*?)\1', statement, re.S)
    text = match[2] if match else statement
    return "\n".join(line for line in text.split(">>>")[0].splitlines() if not line.strip().startswith("assert"))


def _word_groups(text: str) -> list[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return [tuple(words[i : i + _GROUP]) for i in range(len(words) - _GROUP + 1)]
