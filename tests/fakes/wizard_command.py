"""Runs `wizard-tui` as people and scripts do: in a process of its own, with streams of the test's choice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "assistant.cli.main"]


def environment(**changes: str | None) -> dict[str, str]:
    """The test's environment with changes; None takes a variable out."""
    values = dict(os.environ) | {"PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1", "OMP_WAIT_POLICY": "passive"}
    for name, value in changes.items():
        values.pop(name, None)
        if value is not None:
            values[name] = value
    return values


def wizard(
    *arguments: str, env: dict[str, str] | None = None, stdin: str = "", timeout: float = 120, **how: Any
) -> subprocess.CompletedProcess[str]:
    """Run to the end; stdin is the given text (empty: at its end at once)."""
    return subprocess.run(
        [*COMMAND, *arguments],
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        env=env or environment(),
        timeout=timeout,
        check=False,
        **how,
    )
