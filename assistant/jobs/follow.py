"""Reads what a job says, as it says it: how far it is, the curves of its figures, and its words.

The files are the job's, and what is in them is not trusted: lines of any length and numbers of any kind may come. Memory
stays bounded however long a job runs.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.ground.progress import progress_row
from assistant.jobs.job import Job

_READ = 1 << 20
_FROM_END = 8 << 20
_LINES = 2000
_LONGEST_LINE = 2000
_POINTS = 1000
_CURVES = 24


@dataclass(frozen=True)
class Stage:
    """How far a job is; `total` and `seconds_left` are None where unknown."""

    name: str
    done: float
    total: float | None
    unit: str
    seconds_left: float | None
    metrics: dict[str, float | str]

    @property
    def share(self) -> float | None:
        """How much of it is done, from 0 to 1."""
        return max(0.0, min(1.0, self.done / self.total)) if self.total else None


@dataclass
class Curve:
    """A figure over the progress of a stage; of very many points every second one is let go, evenly."""

    points: list[tuple[float, float]] = field(default_factory=list)
    _every: int = 1
    _seen: int = 0

    def add(self, x: float, y: float) -> None:
        """The next point; the last one is always there."""
        if self.points and x < self.points[-1][0]:
            # A run that goes on from an earlier step draws over what it does again.
            self.points = [point for point in self.points if point[0] < x]
        if self._seen % self._every or (self.points and self.points[-1][0] == x):
            if self.points:
                self.points[-1] = (x, y)
        else:
            self.points.append((x, y))
        self._seen += 1
        if len(self.points) > _POINTS:
            self.points = self.points[::2] + self.points[-1:] * (len(self.points) % 2 == 0)
            self._every *= 2


class Follower:
    """Follows one job: call `read` again and again."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.stage: Stage | None = None
        self.stages: list[str] = []
        self.curves: dict[str, Curve] = {}
        self.words: deque[str] = deque(maxlen=_LINES)
        self.said = 0
        """How many lines of words there were in all."""
        self._said = _Tail(job.progress_log)
        self._printed = _Tail(job.output_log)

    def read(self) -> bool:
        """Read what is new (a bounded amount); whether there was anything."""
        news = False
        for line in self._said.lines():
            news = True
            row = progress_row(line)
            if row is None:
                self._say(line)
            elif isinstance(row.get("note"), str):
                self._say(row["note"])
            else:
                self._take(row)
        for line in self._printed.lines():
            news = True
            self._say(line)
        return news

    def _say(self, text: str) -> None:
        parts = [part[:_LONGEST_LINE] for part in text.split("\n") if part.strip()]
        self.words.extend(parts)
        self.said += len(parts)

    def _take(self, row: dict[str, Any]) -> None:
        metrics = row.get("metrics") if isinstance(row.get("metrics"), dict) else {}
        kept: dict[str, float | str] = {}
        for name, value in list((metrics or {}).items())[:_CURVES]:
            number = _number(value)
            if number is not None or isinstance(value, str):
                kept[str(name)[:40]] = value[:80] if isinstance(value, str) else number or 0.0
        name = str(row.get("stage") or "")[:80]
        done, total = _number(row.get("done")) or 0.0, _number(row.get("total"))
        unit = str(row.get("unit") or "")[:20]
        self.stage = Stage(name, done, total, unit, _number(row.get("seconds_left")), kept)
        if name not in self.stages:
            self.stages = [*self.stages[-50:], name]
        for metric, value in kept.items():
            key = f"{name}: {metric}"
            if not isinstance(value, str) and (key in self.curves or len(self.curves) < _CURVES):
                self.curves.setdefault(key, Curve()).add(done, value)


class _Tail:
    """A growing file, read a bounded piece at a time, from near its end where it is long already."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._at = -1
        self._rest = b""

    def lines(self) -> list[str]:
        try:
            with self._file.open("rb") as stream:
                size = stream.seek(0, 2)
                if self._at < 0:
                    self._at = max(0, size - _FROM_END)
                if size < self._at:
                    self._at, self._rest = 0, b""
                stream.seek(self._at)
                data = stream.read(_READ)
        except OSError:
            return []
        self._at += len(data)
        *whole, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _READ:
            whole, self._rest = [*whole, self._rest], b""
        return [line.decode("utf-8", "replace").rpartition("\r")[2] for line in whole]


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
