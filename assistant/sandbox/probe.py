"""What `wizard-tui doctor` asks: which backend holds here, and what the self-test of each saw."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.sandbox.api import BackendReport, SandboxError, SandboxMissing
from assistant.sandbox.sandbox import reports_of, start_launcher


@dataclass(frozen=True)
class SandboxReport:
    """The chosen backend (empty when none holds), every backend tried, and a sentence for people when none holds."""

    backend: str
    tried: tuple[BackendReport, ...]
    problem: str = ""

    @property
    def usable(self) -> bool:
        """Whether untrusted code can be run on this machine."""
        return bool(self.backend)


def report(backends: tuple[str, ...] = ()) -> SandboxReport:
    """Run the self-test (a second at most, nothing foreign runs) and say what came of it; never raises for a bad wall."""
    settings: dict[str, object] = {
        "libraries": [],
        "library_folders": [],
        "read_only": [],
        "project": "",
        "without": [],
    }
    options = {"settings": settings, "backends": list(backends), "parallel": 1, "probe": True}
    try:
        process, hello = start_launcher(options)
    except SandboxMissing as missing:
        return SandboxReport("", missing.reports, missing.sentence())
    except SandboxError as error:
        return SandboxReport("", (), error.sentence())
    process.communicate()
    return SandboxReport(str(hello["backend"]), reports_of(hello))
