"""The ways in which an instruction grows: one row each, its words in `prompts/<name>.md`.

The first five are the directions of Code Evol-Instruct (WizardCoder, arXiv 2306.08568), in words of our own. Which
one a task gets is drawn from the seed of the run and the task's own place, so it never depends on timing.
"""

from __future__ import annotations

import difflib
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from assistant.errors import UsageError

_PROMPTS = Path(__file__).parent / "prompts"


@dataclass(frozen=True)
class Heuristic:
    """One direction of growth."""

    name: str
    kind: Literal["deepen", "broaden", "inspire"]
    """deepen: the words fill the common frame; broaden: a new task from an old one; inspire: a task from code."""
    weight: float
    """How often it is drawn, relative to the others; 0 is never, unless asked for."""
    summary: str

    @property
    def words(self) -> str:
        """What the teacher is told, from the prompt file."""
        return prompt_file(self.name)


HEURISTICS = (
    Heuristic("constraints", "deepen", 1.0, "add requirements to the task"),
    Heuristic("rarer_requirement", "deepen", 1.0, "replace a common requirement by a rarer, more specific one"),
    Heuristic("deeper_reasoning", "deepen", 1.0, "ask for more steps of reasoning"),
    Heuristic("erroneous_code", "deepen", 1.0, "give a piece of wrong code as misdirection"),
    # The paper asks to use this one rarely: most tasks have only one sensible complexity.
    Heuristic("complexity", "deepen", 0.5, "demand a tighter time or space complexity"),
    Heuristic("breadth", "broaden", 0.0, "a new task of the same domain"),
    Heuristic("inspiration", "inspire", 0.0, "a task inspired by a piece of your own code"),
)

_BY_NAME = {heuristic.name: heuristic for heuristic in HEURISTICS}


@cache
def prompt_file(name: str) -> str:
    """The words in `prompts/<name>.md`."""
    return (_PROMPTS / f"{name}.md").read_text(encoding="utf-8").strip()


def heuristic(name: str) -> Heuristic:
    """The row of that name; KeyError where there is none."""
    return _BY_NAME[name]


def weights(changes: str = "") -> dict[str, float]:
    """Weight of each heuristic that evolves a task, after `name=weight,…` is laid over the table.

    Raises:
        UsageError: an unknown name, a weight that is no number or negative, or nothing left to draw.
    """
    table = {row.name: row.weight for row in HEURISTICS if row.kind != "inspire"}
    for change in filter(None, changes.split(",")):
        name, _, amount = change.partition("=")
        if name not in table:
            near = difflib.get_close_matches(name, table, n=1, cutoff=0.3) or list(table)
            raise UsageError(f"there is no heuristic {name}", f"known are {', '.join(table)}", f"{near[0]}=1")
        try:
            table[name] = float(amount)
        except ValueError:
            raise UsageError(f"the weight of {name} is no number", f"it is {amount!r}", f"{name}=1") from None
        if not 0 <= table[name] < float("inf"):
            raise UsageError(f"the weight of {name} cannot be {amount}", "it must be 0 or more", f"{name}=1")
    if not any(table.values()):
        raise UsageError("no heuristic is left", "all weights are 0", "constraints=1")
    return table


def draw(table: Mapping[str, float], *place: object) -> Heuristic:
    """The heuristic for one task; `place` (seed of the run, lineage, round) decides."""
    chance = random.Random("/".join(map(str, place)))
    return _BY_NAME[chance.choices(list(table), list(table.values()))[0]]
