"""Judges programs: each against its problem's tests, in the sandbox, many at once.

The verdict is made outside the candidate's process, except for problems marked `in_process`, whose outcomes say so.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from assistant.sandbox.api import MIB, Limits, Program, Result, Trial, Work
from assistant.sandbox.sandbox import Sandbox
from trainer.evaluate.problem import Problem

_DETAIL = 300


@dataclass(frozen=True)
class Sample:
    """One completion of one problem; `number` counts the problem's samples from 0."""

    problem: str
    number: int
    completion: str


@dataclass(frozen=True)
class Outcome:
    """What came of one sample: `state` as in the sandbox's Result, `reason` the short word for tables."""

    problem: str
    sample: int
    state: str
    reason: str
    detail: str
    seconds: float
    in_process: bool = False

    @property
    def passed(self) -> bool:
        """Whether the sample is right."""
        return self.state == "passed"

    def row(self) -> dict[str, Any]:
        """The outcome as JSON."""
        return {"passed": self.passed, **asdict(self)}


def judge(
    problems: Sequence[Problem], samples: Iterable[Sample], sandbox: Sandbox, seconds: float = 0.0
) -> Iterator[Outcome]:
    """The outcome of each sample, as they come; `seconds` overrides the problems' own time limits."""
    by_id = {problem.id: problem for problem in problems}
    running: list[Sample] = []
    nonce = secrets.token_hex(16)

    def works() -> Iterator[Work]:
        for sample in samples:
            problem = by_id[sample.problem]
            running.append(sample)
            yield _work(problem, sample.completion, seconds or problem.seconds, nonce)

    for index, result in sandbox.run_many(works()):
        sample = running[index]
        yield _outcome(by_id[sample.problem], sample, result, nonce)


def _work(problem: Problem, completion: str, seconds: float, nonce: str) -> Work:
    limits = Limits(seconds=seconds, memory=(4096 if problem.in_process else 2048) * MIB)
    if not problem.in_process:
        return Trial(problem.program(completion), problem.tests, limits)
    # Whoever ends early prints no end; whoever reads this source can, which is why such outcomes are marked.
    program = f"solution = {completion!r}\n" if problem.as_text else problem.program(completion)
    source = f"{program}\n{problem.tests}\nimport os as _os\n_os.write(1, {nonce.encode()!r})\n"
    return Program(source, limits=limits)


def _outcome(problem: Problem, sample: Sample, result: Result, nonce: str) -> Outcome:
    state, reason, detail = result.state, result.reason, result.detail
    if problem.in_process and state == "passed" and not result.stdout.endswith(nonce):
        state, reason = "failed", "exited"
    if state == "failed" and not sample.completion.strip():
        reason = "empty"
    if problem.in_process and reason == "exception":
        reason = _in_words(result.stderr)
    return Outcome(
        sample.problem, sample.number, state, reason, detail[:_DETAIL], round(result.seconds, 4), problem.in_process
    )


def _in_words(errors: str) -> str:
    """What a traceback ends with, as a reason."""
    kinds = re.findall(r"^(\w+(?:Error|Exception|Warning|Exit|Interrupt|Iteration))\b", errors, re.M)
    last = kinds[-1] if kinds else ""
    if last in ("SyntaxError", "IndentationError", "TabError"):
        return "syntax"
    return "wrong answer" if last == "AssertionError" else "exception"
