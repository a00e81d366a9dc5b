"""What is kept of a job on disk: what it was asked for, the process that does it, and how it ended.

A folder for each: job.json, process.json, ended.json, progress.log (what it says) and output.log (what it prints).
Files may be damaged or from another version; a job that cannot be read is left out of the list, not an error.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from assistant.errors import AssistantError
from assistant.ground import paths
from assistant.ground.files import write_whole
from assistant.jobs.process import Process, state_of

State = Literal["starting", "running", "paused", "done", "failed", "stopped", "lost"]
_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
_STARTING_SECONDS = 20.0
_STOPPED = (130, -2, -15, -9)


@dataclass(frozen=True)
class Job:
    """One piece of work. `command` is what runs, `title` what people call it, `low` whether it gives way to all else."""

    id: str
    title: str
    command: tuple[str, ...]
    folder: str
    created: float
    low: bool = False

    @property
    def place(self) -> Path:
        """The folder in which all of it is kept."""
        return jobs_folder() / self.id

    @property
    def progress_log(self) -> Path:
        """What the command says: JSON lines of progress, and words."""
        return self.place / "progress.log"

    @property
    def output_log(self) -> Path:
        """What the command prints."""
        return self.place / "output.log"

    @property
    def process(self) -> Process | None:
        """The process around the command; None before it has begun."""
        row = _read(self.place / "process.json")
        try:
            return Process(int(row["number"]), str(row["started"]))
        except (KeyError, TypeError, ValueError):
            return None

    @property
    def exit_code(self) -> int | None:
        """How the command ended; None while it has not, or where nobody could say."""
        code = _read(self.place / "ended.json").get("code")
        return code if isinstance(code, int) and not isinstance(code, bool) else None

    @property
    def ended(self) -> float | None:
        """When it ended."""
        when = _read(self.place / "ended.json").get("time")
        return float(when) if isinstance(when, (int, float)) else None

    @property
    def state(self) -> State:
        """What has become of it."""
        process = self.process
        code = self.exit_code
        asked = (self.place / "stop").exists()
        if code is not None:
            return "done" if code == 0 else "stopped" if code in _STOPPED and (asked or code == 130) else "failed"
        if process is None:
            return "starting" if time.time() - self.created < _STARTING_SECONDS else "lost"
        found = state_of(process)
        if found == "gone":
            # The end may have been written between our two looks.
            if self.exit_code is not None:
                return self.state
            return "stopped" if asked else "lost"
        return "paused" if found == "paused" else "running"

    @property
    def is_over(self) -> bool:
        """Whether nothing will happen any more."""
        return self.state in ("done", "failed", "stopped", "lost")


def jobs_folder() -> Path:
    """Where the jobs are kept."""
    return paths.state_folder("jobs")


def new_job(title: str, command: tuple[str, ...], folder: Path, low: bool = False) -> Job:
    """Make the folder of a job; nothing runs yet."""
    job = Job(_new_id(), title, command, str(folder), time.time(), low)
    while True:
        try:
            job.place.mkdir(mode=0o700)
            break
        except FileExistsError:
            job = replace(job, id=_new_id())
    write_whole(job.place / "job.json", json.dumps(asdict(job)) + "\n")
    return job


def _new_id() -> str:
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"


def load_job(name: str) -> Job | None:
    """The job of that id, if its record can be read."""
    if not _ID.fullmatch(name):
        return None
    row = _read(jobs_folder() / name / "job.json")
    try:
        command = tuple(str(word) for word in row["command"])
        return Job(name, str(row["title"]), command, str(row["folder"]), float(row["created"]), bool(row["low"]))
    except (KeyError, TypeError, ValueError):
        return None


def list_jobs() -> list[Job]:
    """All jobs, newest first."""
    found = (load_job(path.name) for path in jobs_folder().iterdir() if path.is_dir())
    return sorted((job for job in found if job is not None), key=lambda job: (job.created, job.id), reverse=True)


def delete_job(job: Job) -> None:
    """Forget a job that is over, with its logs; what it made stays.

    Raises:
        AssistantError: it is still at work.
    """
    if not job.is_over:
        raise AssistantError(f"cannot delete {job.title}", "it is still at work", "stop it first")
    shutil.rmtree(job.place)


def _read(file: Path) -> dict[str, Any]:
    try:
        row = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return row if isinstance(row, dict) else {}
