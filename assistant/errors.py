"""What a person is told when something cannot be done: what, why, and what helps.

Every program of the house raises these; `ground.terminal` and the app's notices are the only places that show them.
A bug is not one of these: it keeps its traceback.
"""

from __future__ import annotations


def cause_of(error: OSError) -> str:
    """What the system says, as a clause: "no such file or directory"."""
    return (error.strerror or str(error) or type(error).__name__).lower()


def first_line(error: BaseException) -> str:
    """The first line of what a library says, or the kind of its error where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


class AssistantError(Exception):
    """One sentence for a person.

    Args:
        what: what could not be done, as a clause without a full stop ("cannot read model.gguf").
        why: the cause, likewise ("it ends at byte 1,024 of 94,330,240").
        hint: a command or key that helps ("wizard-tui models pull smollm2").
    """

    exit_code = 1

    def __init__(self, what: str, why: str = "", hint: str = "") -> None:
        self.what = what
        self.why = why
        self.hint = hint
        super().__init__(self.sentence())

    def sentence(self) -> str:
        """The error in one line: `what: why. Try: hint`."""
        text = f"{self.what}: {self.why}" if self.why else self.what
        end = "" if text.endswith(("?", "!")) else "."
        return f"{text.rstrip('.')}{end} Try: {self.hint}" if self.hint else text


class UsageError(AssistantError):
    """The command was called wrongly, or where it cannot work (no terminal, say)."""

    exit_code = 2


class NothingProduced(AssistantError):
    """The work ran, and nothing valid came of it."""

    exit_code = 3


class Cancelled(AssistantError):
    """The person asked to stop."""

    exit_code = 130
