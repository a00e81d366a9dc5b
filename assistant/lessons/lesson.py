"""What one lesson is: what the model proposed at a place of the code, and what the person made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["change", "completion"]
Verdict = Literal["accepted", "edited", "rejected"]

BEFORE = 4000
"""Characters kept of what stands before the place."""
AFTER = 2000
"""Characters kept of what stands after it."""
TEXT = 20_000
"""Characters kept of what was proposed and of what came of it."""


@dataclass(frozen=True)
class Lesson:
    """A change or a completion that a person has judged."""

    kind: Kind
    verdict: Verdict
    path: str
    """Of the file, from its folder."""
    language: str
    instruction: str
    """The wish in the person's words; "" for a completion."""
    before: str
    """What stands before the place."""
    old: str
    """What stood at the place; "" for a completion."""
    after: str
    """What stands after the place."""
    proposed: str
    """What the model wrote for it."""
    final: str
    """What stands there now: what was proposed, what the person made of it, or what they kept or typed instead."""
    comment: str = ""
    """Why it was rejected, in the person's words."""
    model: str = ""
    folder: str = ""


@dataclass(frozen=True)
class Kept:
    """A lesson as it is stored: its number, when it was kept, and the lesson."""

    id: int
    time: float
    lesson: Lesson
