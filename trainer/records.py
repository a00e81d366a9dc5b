"""The rows that stages hand to each other as JSON lines: what comes in, what evolution makes, what it throws away.

Rows are plain data. Reading foreign formats is `evolve.files.seeds`, writing them safely is `evolve.files.ledger`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Line ends of Unicode that some readers of JSON lines split at, though JSON does not.
_LINE_ENDS = str.maketrans({"\u2028": "\\u2028", "\u2029": "\\u2029", "\x85": "\\u0085"})


@dataclass(frozen=True)
class Seed:
    """What evolution starts from: a task and, where the source has one, its answer."""

    instruction: str
    response: str = ""
    heuristic: str = "seed"
    """`seed`, or the heuristic that is to make the task (`inspiration`, for a piece of somebody's code)."""


@dataclass(frozen=True)
class Instruction:
    """A row of `wizard-train evolve`: a task, its answer, and where it came from."""

    id: str
    parent: str | None
    """Id of the row that it was evolved from; None for a seed."""
    round: int
    """0 for a seed, then the round that made it."""
    heuristic: str
    instruction: str
    response: str
    ancestry: tuple[str, ...] = ()
    """Ids from the seed down to the parent."""
    lineage: int = 0
    """Number of the seed that all of it goes back to, counted from 0."""
    verified: bool | None = None
    """Whether running the code bore it out; None where that was not asked."""
    pass_fraction: float | None = None
    """Share of the self-written tests that passed; None where none were run."""

    def row(self) -> str:
        """The JSON line, without its line feed."""
        fields: dict[str, Any] = {
            "id": self.id,
            "parent": self.parent,
            "round": self.round,
            "heuristic": self.heuristic,
            "instruction": self.instruction,
            "response": self.response,
            "ancestry": list(self.ancestry),
            "lineage": self.lineage,
        }
        if self.verified is not None:
            fields |= {"verified": self.verified, "pass_fraction": self.pass_fraction}
        return json_line(fields)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Instruction:
        """The row read back; KeyError or TypeError where it is none of ours."""
        return cls(
            row["id"],
            row["parent"],
            row["round"],
            row["heuristic"],
            row["instruction"],
            row["response"],
            tuple(row.get("ancestry", ())),
            row.get("lineage", 0),
            row.get("verified"),
            row.get("pass_fraction"),
        )


@dataclass(frozen=True)
class Eliminated:
    """A row of the file beside OUT: what was thrown away, by which rule, and why."""

    parent: str | None
    round: int
    lineage: int
    heuristic: str
    rule: str
    reason: str
    instruction: str
    response: str = ""

    def row(self) -> str:
        """The JSON line, without its line feed."""
        return json_line(
            {
                "parent": self.parent,
                "round": self.round,
                "lineage": self.lineage,
                "heuristic": self.heuristic,
                "rule": self.rule,
                "reason": self.reason,
                "instruction": self.instruction,
                "response": self.response,
            }
        )


def json_line(fields: Mapping[str, Any]) -> str:
    """One line of JSON that every reader of lines takes for one line; lone surrogates become question marks."""
    text = json.dumps(fields, ensure_ascii=False).translate(_LINE_ENDS)
    return text.encode("utf-8", "replace").decode("utf-8")


def row_id(parent: str | None, round_number: int, heuristic: str, instruction: str) -> str:
    """A short name that follows from the content, so that a run repeated gives the same ids."""
    content = "\0".join((parent or "", str(round_number), heuristic, instruction))
    return hashlib.blake2b(content.encode("utf-8", "replace"), digest_size=8).hexdigest()
