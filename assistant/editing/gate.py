"""What may land: a change that adds no fault to the syntax of its file. Files that were broken before may be edited."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.editing.task import EditTask
from assistant.syntax.document import Document
from assistant.syntax.faults import Fault, new_faults


@dataclass(frozen=True)
class Verdict:
    """The faults that a change would add."""

    faults: tuple[Fault, ...]

    @property
    def sound(self) -> bool:
        """Whether it adds none."""
        return not self.faults

    def sentence(self) -> str:
        """The first faults, for the model and for people."""
        shown = "; ".join(f"line {fault.line}: {fault.reason}" for fault in self.faults[:3])
        return f"it breaks the syntax ({shown})"


def judge(task: EditTask, after: str) -> Verdict:
    """Compare the file of `task` with `after`, the text that it would become (LF line ends)."""
    return Verdict(new_faults(task.document, Document(after, task.language)))
