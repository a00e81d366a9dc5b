"""Runs one piece of work in a process of its own, where llama.cpp may crash without taking the program along.

The request goes in as JSON, and JSON lines come back: progress, then one result or one error. The child ends when its
parent does. What the pieces of work are is in the table below; they are imported by the child only.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import IO, Any, NoReturn

from assistant.errors import AssistantError
from assistant.ground.parenthood import child_environment, die_with_parent
from quantize.errors import QuantizeError

TASKS: dict[str, str] = {
    "compress": "quantize.compression.compress_task:run",
    "measure": "quantize.proof.measure_task:run",
    "importance": "quantize.compression.importance_task:run",
}
"""Name of the work to "module:function"; the function takes the request and a way to report progress."""

Report = Callable[..., None]
"""Takes stage, done, total, unit and metrics, as `Progress.update` does."""


def call(task: str, request: dict[str, Any], report: Report | None = None) -> dict[str, Any]:
    """Do `task` in a child process and return its result.

    Raises:
        QuantizeError: the work failed, or its process died.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "quantize.child", task],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            encoding="utf-8",
            env=child_environment(GGML_NO_BACKTRACE="1", OMP_WAIT_POLICY="passive"),
        )
        try:
            answer = _follow(process, request, report)
        except BaseException:
            process.kill()
            raise
        finally:
            process.wait()
        if "result" in answer:
            return dict(answer["result"])
        if "error" in answer:
            raise QuantizeError(*answer["error"])
        raise _died(task, process.returncode, log)


def _follow(process: subprocess.Popen[str], request: dict[str, Any], report: Report | None) -> dict[str, Any]:
    assert process.stdin is not None and process.stdout is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
    answer: dict[str, Any] = {}
    for line in process.stdout:
        row = json.loads(line)
        if "progress" not in row:
            answer = row
        elif report is not None:
            report(*row["progress"], **row["metrics"])
    process.stdin.close()
    return answer


def _died(task: str, code: int, log: IO[str]) -> QuantizeError:
    log.seek(0)
    said = [line.strip() for line in log.read().splitlines() if line.strip()]
    how = f"its process was ended by {signal.Signals(-code).name}" if code < 0 else f"its process ended with {code}"
    return QuantizeError(f"{task} failed", f"{how}; it last said: {said[-1] if said else 'nothing'}")


def main() -> NoReturn:
    """The child's side: read the request, do the work, answer."""
    die_with_parent()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # llama.cpp prints to stdout here and there, which belongs to the answers

    def send(row: dict[str, Any]) -> None:
        answers.write(json.dumps(row) + "\n")
        answers.flush()

    def report(stage: str, done: float, total: float | None = None, unit: str = "", **metrics: float | str) -> None:
        send({"progress": [stage, done, total, unit], "metrics": metrics})

    request = json.loads(sys.stdin.readline())
    module, name = TASKS[sys.argv[1]].split(":")
    try:
        send({"result": getattr(importlib.import_module(module), name)(request, report)})
    except AssistantError as error:
        send({"error": [error.what, error.why, error.hint]})
    answers.flush()
    os._exit(0)  # llama.cpp's threads may outlive what they work on at a normal exit


if __name__ == "__main__":
    main()
