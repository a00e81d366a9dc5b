"""What the sandbox can be asked to run and what it answers: plain frozen data.

Three kinds of work: a `Trial` (untrusted functions, judged from outside), a `Program` (untrusted source, run as a
script) and a `Command` (a project's own test command, on a copy of the project). Nothing here starts a process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from assistant.errors import AssistantError, NothingProduced

MIB = 1024 * 1024

State = Literal["passed", "failed", "timeout", "memory", "output", "sandbox_error"]
"""How a run ended. `sandbox_error` is neither pass nor fail: the wall itself failed, and nothing is known."""


@dataclass(frozen=True)
class Limits:
    """What one run may use. `seconds` is time on a free core: waiting for a busy machine does not count."""

    seconds: float = 10.0
    memory: int = 1024 * MIB
    """Bytes, for each process and for all together."""
    processes: int = 32
    open_files: int = 128
    disk: int = 64 * MIB
    """Bytes in the private scratch folder, which is gone afterwards."""
    output: int = MIB
    """Bytes written to stdout and stderr together."""


@dataclass(frozen=True)
class Program:
    """Python source, run as a script in the scratch folder; `files` are written there first (relative path, text)."""

    source: str
    stdin: str = ""
    files: tuple[tuple[str, str], ...] = ()
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Trial:
    """Functions of `candidate` called by the trusted `judge`: source that sees `ask(name)` and raises if unhappy.

    Both run confined, in processes of their own; only plain values go between them, so nothing that the candidate
    does can make the judge's comparisons come out well.
    """

    candidate: str
    judge: str
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Command:
    """A command run in a copy of `folder`, shown to it under the folder's own path; the original is never written.

    `changes` replaces files of the copy (relative path, new text), `read_only` names what else it may read (a virtual
    environment, say), `left_out` names entries that are not copied, `kept` names entries at the top of the folder that
    are shown as they are, to be read, instead of being copied (`node_modules`).
    """

    argv: tuple[str, ...]
    folder: str
    changes: tuple[tuple[str, str], ...] = ()
    read_only: tuple[str, ...] = ()
    left_out: tuple[str, ...] = (".git", "node_modules", "__pycache__")
    kept: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    limits: Limits = field(default_factory=lambda: Limits(seconds=300, memory=4096 * MIB, disk=2048 * MIB))


Work = Program | Trial | Command


@dataclass(frozen=True)
class Result:
    """How a run ended.

    `reason` is a short word for tables ("wrong answer", "exception", "syntax", "exited", "left running", …) and empty
    for a pass; `detail` says more, in words that may come from untrusted code. Times are in seconds, memory in bytes.
    """

    state: State
    reason: str = ""
    detail: str = ""
    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory: int = 0

    @property
    def passed(self) -> bool:
        """Whether it ran to its end and all was right."""
        return self.state == "passed"


@dataclass(frozen=True)
class Attempt:
    """One thing the self-test tried inside, and whether the wall held."""

    name: str
    held: bool
    detail: str = ""


@dataclass(frozen=True)
class BackendReport:
    """One backend: whether it may be used, why not, and what the self-test saw."""

    name: str
    usable: bool
    why_not: str = ""
    attempts: tuple[Attempt, ...] = ()


class SandboxError(AssistantError):
    """The sandbox broke while it worked."""


class SandboxMissing(NothingProduced):
    """No backend holds on this machine, so nothing was run."""

    def __init__(self, reports: tuple[BackendReport, ...]) -> None:
        self.reports = reports
        why = "; ".join(f"{report.name}: {report.why_not}" for report in reports) or "no backend for this system"
        super().__init__(
            "no working sandbox, so no code was run",
            why,
            "apt install bubblewrap libseccomp2 (Ubuntu 24.04 also wants the AppArmor profile for bwrap), "
            "or --unsafe-no-sandbox for this run only, which the results record",
        )
