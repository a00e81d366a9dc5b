"""Decides how a run ended, from what the launcher did, what the backend reported and what the judge said.

In this order: what it had to be killed for, a missing report (a sandbox_error, neither pass nor fail), the judge's
verdict or the exit code. Nothing here touches a process.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ending:
    """What is known at the end: `main` is the keeper's report of the candidate or program, {} when there is none."""

    limits: dict[str, Any]
    killed: str
    why: str
    main: dict[str, Any]
    verdict: dict[str, str] | None
    errors: bytes

    def decide(self, judge: dict[str, Any] | None) -> dict[str, str]:
        """State, reason and detail; `judge` is the report of the judge's keeper, None where there was no judge."""
        if self.killed:
            return _said(self.killed, {"timeout": "time-out"}.get(self.killed, self.why or self.killed), self.why)
        if "error" in self.main:
            return _said("sandbox_error", "sandbox_error", str(self.main["error"]))
        if judge is not None:
            return self._judged(judge)
        if "exit" not in self.main:
            return _said("sandbox_error", "sandbox_error", "the backend reported no exit code")
        return self._by_exit_code(int(self.main["exit"]))

    def _judged(self, judge: dict[str, Any]) -> dict[str, str]:
        if self.verdict is None:
            if self._out_of_time(judge):
                return _said("timeout", "time-out", "the tests took too long")
            return _said("sandbox_error", "sandbox_error", str(judge.get("error", f"no verdict: {judge}")))
        verdict = dict(self.verdict)
        if verdict["reason"] == "exited":
            if self._out_of_time(self.main):
                return _said("timeout", "time-out", "")
            code = self.main.get("exit")
            verdict["detail"] = (
                "it closed its pipe and lived on"
                if code is None
                else f"it ended with exit code {code} before it answered"
            )
        return verdict

    def _by_exit_code(self, code: int) -> dict[str, str]:
        if self._out_of_time(self.main):
            return _said("timeout", "time-out", "")
        if code == 0:
            return _said("passed", "", "")
        lines = self.errors.decode(errors="replace").strip().splitlines()
        last = lines[-1][:1000] if lines else ""
        if code < 0:
            return _said("failed", "crashed", f"signal {-code}. {last}".strip())
        reason = (
            "memory" if last.startswith("MemoryError") else "exception" if code == 1 and last else f"exit code {code}"
        )
        return _said("failed", reason, last)

    def _out_of_time(self, report: dict[str, Any]) -> bool:
        """Whether the kernel ended it for its processor time: a signal first, and the last one if that was ignored."""
        used_up = float(report.get("cpu", 0.0)) >= self.limits["seconds"] + 1
        return report.get("exit") == -signal.SIGXCPU or (report.get("exit") == -signal.SIGKILL and used_up)


def _said(state: str, reason: str, detail: str) -> dict[str, str]:
    return {"state": state, "reason": reason, "detail": detail}
