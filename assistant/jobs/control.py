"""Starts, pauses and stops jobs; each is told by signals to the group of processes that its keeper leads."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Literal

from assistant.errors import AssistantError
from assistant.jobs.job import Job, delete_job, new_job
from assistant.jobs.process import signal_group

_SECONDS_TO_START = 60

Force = Literal["ask", "tell", "kill"]
_SIGNALS = {"ask": signal.SIGINT, "tell": signal.SIGTERM, "kill": signal.SIGKILL}


def start(title: str, command: tuple[str, ...], folder: Path, low: bool = False) -> Job:
    """Start a command in `folder`; it goes on when this process ends.

    Args:
        low: it gives way to all else on the machine (nice 19, and idle disk time where there is ionice).

    Raises:
        AssistantError: there is no such folder, or the keeper could not be started.
    """
    if not folder.is_dir():
        raise AssistantError(f"cannot start {title}", f"there is no folder {folder}", "open the app in another folder")
    if low and shutil.which("ionice"):
        command = ("ionice", "-c", "3", *command)
    job = new_job(title, command, folder, low)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "assistant.jobs.keeper", job.id],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS_TO_START,
            check=False,
        )
        why = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] if done.returncode else []
    except (OSError, subprocess.TimeoutExpired) as error:
        why = [str(error)]
    if why:
        shutil.rmtree(job.place, ignore_errors=True)
        raise AssistantError(f"cannot start {title}", why[0])
    return job


def again(job: Job) -> Job:
    """Start a job that is over once more; training and quantizing go on where they were broken off."""
    command = job.command[3:] if job.command[:3] == ("ionice", "-c", "3") else job.command
    fresh = start(job.title, command, Path(job.folder), job.low)
    if job.is_over:
        delete_job(job)
    return fresh


def pause(job: Job) -> bool:
    """Let all processes of a job rest; False where it is not at work."""
    return _signal(job, signal.SIGSTOP)


def go_on(job: Job) -> bool:
    """Let a paused job go on."""
    return _signal(job, signal.SIGCONT)


def stop(job: Job, force: Force = "ask") -> bool:
    """End a job: "ask" as Ctrl+C does (it keeps what it has), "tell" it, or "kill" it; False where nothing is at work."""
    (job.place / "stop").touch()
    done = _signal(job, _SIGNALS[force])
    # A paused process hears nothing before it goes on.
    go_on(job)
    return done


def _signal(job: Job, number: signal.Signals) -> bool:
    process = job.process
    return process is not None and job.exit_code is None and signal_group(process, number)
