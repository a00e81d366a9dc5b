"""Runs one stage's command as a child process and follows its progress; a crash in it ends the stage, not the run.

The memory of a stage goes back to the system with its process. The child dies with this process, so a run that was
killed leaves nobody behind who would still be writing when it is started again.
"""

from __future__ import annotations

import subprocess
import sys
from collections import deque
from pathlib import Path
from typing import IO

from assistant.errors import Cancelled, NothingProduced
from assistant.ground.parenthood import child_environment, ending
from assistant.ground.progress import Progress, progress_row
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
        with ending(child, _GRACE):
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


def _follow(stream: IO[bytes], log: IO[bytes], stage: str, progress: Progress) -> deque[str]:
    """Read the child's stderr to its end; the last lines that are no progress are returned."""
    last: deque[str] = deque(maxlen=_TAIL)
    for line in stream:
        text = line.decode("utf-8", "replace").rstrip("\n")
        row = progress_row(text)
        if row is None:
            log.write(line)
            log.flush()
            if text.strip():
                last.append(text)
        else:
            progress.repeat(row, stage)
    return last


def _sentence(last: deque[str]) -> str:
    """The child's own error: the last line that its program signed, without the signature."""
    for line in reversed(last):
        for program in ("wizard-train: ", "wizard-quantize: ", "wizard-tui: "):
            if line.startswith(program):
                return line.removeprefix(program)
    return last[-1] if last else ""
