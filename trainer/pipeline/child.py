"""Runs one stage's command as a child process and follows its progress; a crash in it ends the stage, not the run.

The memory of a stage goes back to the system with its process. The child dies with this process, so a run that was
killed leaves nobody behind who would still be writing when it is started again.
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from assistant.errors import Cancelled, NothingProduced
from assistant.ground.parenthood import child_environment
from assistant.ground.progress import Progress
from trainer.errors import TrainerError
from trainer.pipeline.stage import Stage

PRINTED = "printed.txt"
_TAIL = 20
_GRACE = 15.0


def run_child(stage: Stage, folder: Path, log: Path, progress: Progress) -> None:
    """Run the command of a stage in `folder`; what it says goes to `log`, its progress to `progress`.

    What it prints (stdout: data) is kept in `folder` as printed.txt.

    Raises:
        TrainerError: it failed; its own last sentence is the reason.
        NothingProduced, Cancelled: it said so by its exit code.
    """
    words = [stage.program, *stage.command(folder)]
    if stage.under is not None:
        words = ["accelerate.commands.launch", "--config_file", str(stage.under), "-m", *words]
    command = [sys.executable, "-m", "trainer.pipeline.launch", *words]
    with log.open("ab") as output, (folder / PRINTED).open("wb") as printed:
        output.write(f"$ {' '.join(words)}\n".encode("utf-8", "replace"))
        output.flush()
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.PIPE,
            env=child_environment(),
        )
        with _ended_with_us(child):
            assert child.stderr is not None
            last = _follow(child.stderr, output, stage.name, progress)
            code = child.wait()
    if code == 0:
        return
    sentence = _sentence(last).partition(". Try: ")[0] or (
        f"it was ended by signal {-code}" if code < 0 else f"exit code {code}"
    )
    if code == Cancelled.exit_code:
        raise Cancelled(f"{stage.name} was cancelled", "", "the same command goes on")
    kind = NothingProduced if code == NothingProduced.exit_code else TrainerError
    helps = _sentence(last).partition(". Try: ")[2]
    raise kind(f"the stage {stage.name} failed", sentence, f"{helps}; see {log}; the same command goes on".lstrip("; "))


@contextlib.contextmanager
def _ended_with_us(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """However the block ends, so does the child: asked first, then made to. SIGTERM ends this process like Ctrl+C."""

    def stop(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            try:
                child.wait(_GRACE)
            except (subprocess.TimeoutExpired, KeyboardInterrupt):
                child.kill()
                child.wait()


def _follow(stream: IO[bytes], log: IO[bytes], stage: str, progress: Progress) -> deque[str]:
    """Read the child's stderr to its end; the last lines that are no progress are returned."""
    last: deque[str] = deque(maxlen=_TAIL)
    for line in stream:
        text = line.decode("utf-8", "replace").rstrip("\n")
        row = _row(text)
        if row is None:
            log.write(line)
            log.flush()
            if text.strip():
                last.append(text)
        elif "note" in row:
            progress.note(f"{stage}: {row['note']}")
        else:
            _show(row, stage, progress)
    return last


def _show(row: dict[str, Any], stage: str, progress: Progress) -> None:
    inner = str(row.get("stage") or "")
    metrics = row.get("metrics") if isinstance(row.get("metrics"), dict) else {}
    shown = {str(name): value for name, value in (metrics or {}).items() if isinstance(value, (int, float, str))}
    title = stage if inner in ("", stage) else f"{stage}: {inner}"
    done, total = row.get("done"), row.get("total")
    progress.update(
        title,
        done if isinstance(done, (int, float)) else 0,
        total if isinstance(total, (int, float)) else None,
        str(row.get("unit") or ""),
        **shown,
    )


def _row(text: str) -> dict[str, Any] | None:
    if not text.startswith("{"):
        return None
    with contextlib.suppress(ValueError):
        row = json.loads(text)
        return row if isinstance(row, dict) and "stage" in row else None
    return None


def _sentence(last: deque[str]) -> str:
    """The child's own error: the last line that its program signed, without the signature."""
    for line in reversed(last):
        for program in ("wizard-train: ", "wizard-quantize: ", "wizard-tui: "):
            if line.startswith(program):
                return line.removeprefix(program)
    return last[-1] if last else ""
