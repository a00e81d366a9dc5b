"""One task of a benchmark, and one program for it: frozen data that the whole folder works on.

A problem knows how it is judged (`tests`: trusted source that calls the candidate through `ask`), and nothing of
models, prompts or files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One task.

    `prompt` is code that a completion goes after (and `suffix` code that comes behind it); both may be empty.
    `statement` is the task in words, for chat models. `tests` is the judge's source: it gets the candidate's functions
    by `ask(name)` and raises when it is not satisfied.
    """

    id: str
    prompt: str
    entry_point: str
    tests: str
    canonical: str
    """A completion that is right."""
    statement: str = ""
    instruction: str = ""
    """The whole request, where it needs no words of ours around the statement."""
    lead: str = ""
    """What a base model reads in place of `prompt`, where that is no code of the program (MBPP's text)."""
    suffix: str = ""
    seconds: float = 3.0
    in_process: bool = False
    """The tests only make sense in the candidate's own process: then a program could fake a pass, and reports say so."""
    as_text: bool = False
    """The tests take the completion as text, under the name `solution`, and run it themselves."""
    group: str = ""
    """A part of the benchmark that is reported by itself (a library of DS-1000)."""

    def program(self, completion: str) -> str:
        """The whole candidate: prompt, completion, suffix."""
        return self.prompt + completion + self.suffix


@dataclass(frozen=True)
class Left:
    """A problem that cannot be judged here, and why."""

    id: str
    why: str


@dataclass(frozen=True)
class Benchmark:
    """A row of the table.

    `files` are names under the data folder that are joined by `read` (one list of rows each); `hub` is the dataset
    (name, configuration, split) that stands in for the first of them. `stops` end a base model's completion.
    """

    name: str
    title: str
    files: tuple[str, ...]
    read: Callable[[list[list[dict[str, Any]]]], list[Problem]]
    hub: tuple[str, str | None, str] | None = None
    stops: tuple[str, ...] = ("\ndef ", "\nclass ", "\nif __name__", "\nprint(", "\nassert ", "\n#", "\n@", "\n```")
    imports: tuple[str, ...] = ("numpy",)
    """Installed packages that programs may import."""
    published: str = ""
    """The column of published.toml, where there is one."""
    left_out: Callable[[Problem], str] = lambda problem: ""
    """Why a problem cannot be judged on this machine; empty when it can."""
    first_lines: int = 0
    """Keep only so many lines of a completion (infilling of single lines); 0 keeps all."""


def unique(problems: Iterable[Problem]) -> list[Problem]:
    """The problems, each id once (the first wins)."""
    found: dict[str, Problem] = {}
    for problem in problems:
        found.setdefault(problem.id, problem)
    return list(found.values())
