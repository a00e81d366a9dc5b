"""The process around a job's command: it leaves the app's session, runs the command, and writes down how it ended.

`python -m assistant.jobs.keeper ID` returns as soon as the work is on its way. What follows has a session, a group and
a parent of its own, so neither the end of the app nor that of its terminal ends the work.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict

from assistant.ground.files import write_whole
from assistant.ground.parenthood import die_with_parent
from assistant.jobs.job import Job, load_job
from assistant.jobs.process import this_process


def main() -> None:
    """Take the job named on the command line; the work goes on in a grandchild of the caller."""
    job = load_job(sys.argv[1])
    if job is None:
        sys.exit(2)
    if os.fork():
        return
    os.setsid()
    _leave_the_streams()
    write_whole(job.place / "process.json", json.dumps(asdict(this_process())) + "\n")
    code = _run(job)
    write_whole(job.place / "ended.json", json.dumps({"code": code, "time": time.time()}) + "\n")


def _leave_the_streams() -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)


def _run(job: Job) -> int:
    # Signals go to the whole group: the command is ended by them, its keeper stays to say how. Handlers, unlike ignored
    # signals, are not passed on to the command.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    os.environ.pop("WIZARD_PARENT", None)
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    if job.low:
        os.nice(19)
    with job.progress_log.open("ab") as said, job.output_log.open("ab") as printed:
        try:
            child = subprocess.Popen(
                job.command,
                cwd=job.folder,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=said,
                env=environment,
                preexec_fn=_stop_at_signals,
            )
        except OSError as error:
            said.write(f"cannot start {job.command[0]}: {error.strerror or error}\n".encode("utf-8", "replace"))
            return 127
        return child.wait()


def _stop_at_signals() -> None:
    """The command hears Ctrl+C and its kin even where the app's starter had them ignored, and ends with its keeper."""
    die_with_parent()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


if __name__ == "__main__":
    main()
