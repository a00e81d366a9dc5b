"""The checks that need more than the candidate itself, each one optional, joined into one bundle for a run.

`elimination` holds the rules that look at a candidate alone. Here are the seams to the secrets in people's own code,
the benchmarks that must not leak into training data, the rows that say the same already, and running the code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from trainer.records import Instruction

if TYPE_CHECKING:
    from trainer.evolve.asking import Asking
    from trainer.evolve.batch import Draft
    from trainer.evolve.tally import Tally
    from trainer.generators.generator import Generator


class Masker(Protocol):
    """Masks secrets in text."""

    def masked(self, text: str) -> str:
        """The text with each secret replaced by a word that says what was there."""


class Contamination(Protocol):
    """Knows the problems of benchmarks."""

    def of_task(self, instruction: str) -> str | None:
        """Which problem the task is, and by what it was told; None for a clean one."""

    def of_answer(self, response: str) -> str | None:
        """Which problem's solution the answer holds; None for a clean one."""


class Twins(Protocol):
    """Knows all rows so far."""

    def add(self, row: Instruction, offset: int) -> str | None:
        """Take a row in unless it says what another lineage's row says; then tell which one."""

    def flush(self) -> None:
        """Make what was taken in so far outlast the process."""


class Verifier(Protocol):
    """Runs answers."""

    def verified(self, drafts: list[Draft], asking: Asking, teacher: Generator, tally: Tally) -> list[Draft]:
        """The drafts, those with code marked by how the code did."""


@dataclass(frozen=True)
class Checks:
    """What is checked in a run, besides the rules of elimination."""

    masker: Masker | None = None
    contamination: Contamination | None = None
    twins: Twins | None = None
    verifier: Verifier | None = None
    judge: bool = False
    """Whether the teacher is asked if a task asks for more than its parent."""

    def masked(self, text: str) -> str:
        """The text without secrets."""
        return self.masker.masked(text) if self.masker and text else text

    def contaminated_task(self, instruction: str) -> tuple[str, str] | None:
        """Rule and reason where the task is a benchmark's."""
        reason = self.contamination.of_task(instruction) if self.contamination else None
        return ("contaminated", reason) if reason else None

    def contaminated_answer(self, response: str) -> tuple[str, str] | None:
        """Rule and reason where the answer is a benchmark's solution."""
        reason = self.contamination.of_answer(response) if self.contamination else None
        return ("contaminated", reason) if reason else None

    def twin(self, row: Instruction, offset: int) -> str | None:
        """Take the row in; the reason where it must go."""
        return self.twins.add(row, offset) if self.twins else None

    def flush(self) -> None:
        """Make what the checks remember outlast the process."""
        if self.twins:
            self.twins.flush()
