"""Has a pipeline worked off by a child process that gives way to all else, rests where there is a reason, and ends with us.

The child is `wizard-train run`; its progress lines become ours. Nothing here knows lessons or models.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from assistant.errors import AssistantError
from assistant.ground.parenthood import die_with_parent, ending
from assistant.ground.progress import Progress, progress_row
from assistant.jobs.process import signal_tree
from assistant.learning.rest import Watch

_LOOK_SECONDS = 0.5
_JUDGING = ": judging"
"""Ends the stage in which `wizard-train evaluate` runs programs."""
_GRACE = 20.0


@dataclass
class _Heard:
    """What the work has said: its words, and the stage that it is in."""

    words: list[str] = field(default_factory=list)
    stage: str = ""


def work_off(order: Path, out: Path, progress: Progress, watch: Watch) -> float:
    """Have the pipeline file `order` run in the folder `out`; whether or not it ends well, no process of it is left.

    Returns how many seconds of that it rested.

    Raises:
        AssistantError: it failed; its own last sentence is the reason.
    """
    environment = os.environ | {
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "OMP_WAIT_POLICY": "passive",
        "PYTHONUNBUFFERED": "1",
    }
    environment.pop("WIZARD_PARENT", None)
    child = subprocess.Popen(
        [*_idle_disk(), *_command(order, out)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
        preexec_fn=_give_way,
    )
    assert child.stderr is not None
    heard = _Heard()
    reader = threading.Thread(target=_follow, args=(child.stderr, progress, heard), daemon=True)
    reader.start()
    with ending(child, _GRACE, lambda: signal_tree(child.pid, signal.SIGCONT)):
        rested = _wait(child, progress, watch, heard)
        reader.join()
    said = heard.words
    if child.returncode:
        sentence = next((line for line in reversed(said) if line.startswith("wizard-")), said[-1] if said else "")
        why = sentence.partition(": ")[2] or sentence or f"exit code {child.returncode}"
        why, _, hint = why.partition(". Try: ")
        base = "wizard-tui learn --base FOLDER, with the checkpoint that the model was made from"
        raise AssistantError(
            "learning failed", why, base if "cannot train" in why else hint or "the same command goes on"
        )
    return rested


def _command(order: Path, out: Path) -> list[str]:
    return [sys.executable, "-m", "trainer.cli", "run", str(order), "-o", str(out), "--progress", "json"]


def _wait(child: subprocess.Popen[bytes], progress: Progress, watch: Watch, heard: _Heard) -> float:
    """Wait for its end, with rests; returns their seconds."""
    resting, rested, looked = "", 0.0, time.monotonic()
    while child.poll() is None:
        # Programs in the sandbox have seconds of their own, which would run out in a rest; judging them takes as little.
        reason = watch.reason() if resting or _JUDGING not in heard.stage else ""
        if reason:
            # Again at each look: someone else may have let the work go on, and new processes may have begun.
            signal_tree(child.pid, signal.SIGSTOP)
        elif resting:
            signal_tree(child.pid, signal.SIGCONT)
        if reason != resting:
            progress.note(f"Resting: {reason}." if reason else "Going on.")
            resting = reason
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_LOOK_SECONDS)
        now = time.monotonic()
        rested += now - looked if resting else 0.0
        looked = now
    return rested


def _give_way() -> None:
    die_with_parent()
    os.nice(19)


def _idle_disk() -> tuple[str, ...]:
    return ("ionice", "-c", "3") if shutil.which("ionice") else ()


def _for_us(row: dict[str, Any]) -> dict[str, Any]:
    """A note without the option of the workshop's that it names: there is no place for it here."""
    note = row.get("note")
    return {"note": note.partition("; --any-version")[0]} if isinstance(note, str) else {}


def _follow(stream: IO[bytes], progress: Progress, heard: _Heard) -> None:
    for line in stream:
        text = line.decode("utf-8", "replace").rstrip("\n")
        row = progress_row(text)
        if row is None:
            heard.words += [text] if text.strip() else []
        else:
            heard.stage = heard.stage if "note" in row else str(row["stage"])
            progress.repeat(row | _for_us(row))
