"""Runs answers: self-written tests must pass, other samples must agree with them, and a broken solution must fail.

The teacher writes assert statements and further solutions. An assert is trusted when most solutions pass it; an answer
is verified when it passes all trusted asserts and a mutated copy of it does not. All of it runs in the sandbox only,
which fails closed. The share of passed asserts is kept, because demanding all of them throws good rows away.
"""

from __future__ import annotations

import ast
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.engine.api import GenerationRequest
from assistant.sandbox.api import Limits, Program
from assistant.sandbox.sandbox import Sandbox
from trainer.evolve.checking.code import code_blocks, looks_like_code
from trainer.evolve.checking.mutation import mutants

if TYPE_CHECKING:
    from trainer.evolve.asking import Asking
    from trainer.evolve.batch import Draft
    from trainer.evolve.tally import Tally
    from trainer.generators.generator import Generator

_SECONDS = 5.0
_MOST_TESTS = 10
_MUTANTS = 3


@dataclass(frozen=True)
class _Case:
    """One answer to be verified: its program, the asserts, and the programs it is compared with."""

    place: int
    solution: str
    tests: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def mutants(self) -> tuple[str, ...]:
        return tuple(mutants(self.solution, _MUTANTS))


class SandboxVerifier:
    """Verifies the drafts of a batch; see `checks.Verifier`. Close it in the end.

    Raises (on opening):
        assistant.sandbox.api.SandboxMissing: no sandbox holds on this machine.
    """

    def __init__(self, samples: int = 2, parallel: int = 0) -> None:
        self._samples = samples
        self._sandbox = Sandbox(parallel)
        self.backend = self._sandbox.backend

    def close(self) -> None:
        """End what runs."""
        self._sandbox.close()

    def verified(self, drafts: list[Draft], asking: Asking, teacher: Generator, tally: Tally) -> list[Draft]:
        """The drafts, each surviving one marked with whether its code holds and the share of asserts it passed."""
        waiting = [i for i, draft in enumerate(drafts) if draft.fate is None]
        marked = list(drafts)
        for i in waiting:
            marked[i] = replace(drafts[i], verified=False)
        python = [i for i in waiting if _program(drafts[i].response)]
        for case in self._cases(drafts, python, asking, teacher, tally):
            passed, good = self._judged(case)
            marked[case.place] = replace(drafts[case.place], verified=good, pass_fraction=passed)
        return marked

    def _cases(
        self, drafts: Sequence[Draft], places: list[int], asking: Asking, teacher: Generator, tally: Tally
    ) -> list[_Case]:
        requests: list[GenerationRequest] = []
        for i in places:
            draft, where = drafts[i], (drafts[i].task.round, drafts[i].task.lineage)
            requests.append(asking.tests(draft.instruction, draft.response, *where))
            requests += [asking.answer(draft.instruction, *where, "sample", n) for n in range(self._samples)]
        replies = []
        for reply in teacher.generate(requests) if requests else ():
            replies.append(reply.text)
            tally.reply(reply)
        step = 1 + self._samples
        cases = []
        for number, i in enumerate(places):
            mine = replies[number * step : (number + 1) * step]
            others = tuple(filter(None, (_program(text) for text in mine[1:])))
            cases.append(_Case(i, _program(drafts[i].response), _asserts(mine[0]), others))
        return [case for case in cases if case.tests]

    def _judged(self, case: _Case) -> tuple[float, bool]:
        """The share of asserts that the answer passes, and whether it is verified."""
        programs = [case.solution, *case.others, *case.mutants]
        marks = secrets.token_hex(8)
        works = [Program(_trial(program, case.tests, marks), limits=Limits(_SECONDS)) for program in programs]
        seen = {
            index: _passed(result.stdout, marks, len(case.tests)) for index, result in self._sandbox.run_many(works)
        }
        own, others = seen[0], [seen[1 + n] for n in range(len(case.others))]
        broken = [seen[1 + len(case.others) + n] for n in range(len(case.mutants))]
        voters = [own, *others]
        trusted = [t for t in range(len(case.tests)) if sum(t in voter for voter in voters) * 2 > len(voters)]
        noticed = any(any(t not in mutant for t in trusted) for mutant in broken)
        good = bool(trusted) and all(t in own for t in trusted) and noticed
        return round(len(own) / len(case.tests), 4), good


def _program(response: str) -> str:
    """The Python of an answer, if it has any that compiles."""
    blocks = code_blocks(response)
    source = "\n".join(b.text for b in blocks if b.language in ("python", ""))
    if not blocks and looks_like_code(response):
        source = response
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return source if source.strip() else ""


def _asserts(reply: str) -> tuple[str, ...]:
    """The assert statements of a reply, each by itself, none of them twice and none that tests nothing."""
    blocks = code_blocks(reply)
    source = "\n".join(block.text for block in blocks) if blocks else reply
    try:
        nodes = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        nodes = []
        for line in source.splitlines():
            try:
                nodes += ast.parse(line.strip()).body if line.strip().startswith("assert") else []
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
    calls = [n for n in nodes if isinstance(n, ast.Assert) and any(isinstance(i, ast.Call) for i in ast.walk(n.test))]
    return tuple(dict.fromkeys(ast.unparse(node) for node in calls))[:_MOST_TESTS]


def _trial(program: str, tests: Sequence[str], marks: str) -> str:
    """A script that defines the program and then tries each assert by itself, printing the numbers of those that held.

    The program runs under a name of its own, so its `if __name__ == "__main__"` part stays out.
    """
    return f"""
import os
_space = {{"__name__": "solution"}}
exec(compile({program!r}, "solution.py", "exec"), _space)
for _number, _test in enumerate({list(tests)!r}):
    try:
        exec(_test, dict(_space))
    except BaseException:
        continue
    os.write(1, f"\\n{marks} {{_number}}\\n".encode())
"""


def _passed(stdout: str, marks: str, count: int) -> frozenset[int]:
    lines = (line.split() for line in stdout.splitlines())
    found = {int(words[1]) for words in lines if len(words) == 2 and words[0] == marks and words[1].isdigit()}
    return frozenset(number for number in found if number < count)
