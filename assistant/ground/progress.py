"""Progress of long work: a bar on a terminal, plain lines in a log, or one JSON object a line for a program.

The JSON form (`--progress json`, on stderr) is what the app's jobs screen follows: `stage`, `done`, `total`, `unit`,
`seconds_left`, `metrics`; `progress_row` reads a line of it. This measures nothing itself; the work says how far it is.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Literal

from assistant.ground.visible import visible, visible_line

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

Mode = Literal["auto", "json", "none"]

# A log file wants few lines, and a follower of the JSON form wants them fresh but not for every item.
_PLAIN_SECONDS = 10.0
_JSON_SECONDS = 0.2
_LONGEST_ROW = 1 << 16
_FIELDS = ("stage", "done", "total", "unit")


class Progress:
    """Reports stages of work, one at a time; use as a context manager.

    Args:
        mode: "auto" draws a bar where `stream` is a terminal and plain lines elsewhere.
    """

    def __init__(self, mode: Mode = "auto", stream: IO[str] | None = None) -> None:
        self._stream = stream or sys.stderr
        self._form = ("bar" if _can_draw(self._stream) else "plain") if mode == "auto" else mode
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None
        self._stage = ""
        self._started = 0.0
        self._said = 0.0
        self._first = 0.0

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close_bar()

    def update(
        self, stage: str, done: float, total: float | None = None, unit: str = "", **metrics: float | int | str
    ) -> None:
        """Say that `stage` has `done` of `total` `unit`s behind it; `metrics` are shown beside it (loss=0.31)."""
        now = time.monotonic()
        fresh = stage != self._stage
        if fresh:
            self._close_bar()
            # What was done before the first word (a stage that goes on, say) tells nothing about the speed now.
            self._stage, self._started, self._said, self._first = stage, now, 0.0, done
        if self._form == "bar":
            self._draw(done, total, unit, metrics)
            return
        last = total is not None and done >= total
        pause = _JSON_SECONDS if self._form == "json" else _PLAIN_SECONDS
        if self._form == "none" or not (fresh or last or now - self._said >= pause):
            return
        self._said = now
        self._stream.write(self._line(done, total, unit, metrics) + "\n")
        self._stream.flush()

    def repeat(self, row: Mapping[str, Any], title: str = "") -> None:
        """Say again what another program has said by a row (see `progress_row`), under a `title` of ours."""
        inner = str(row.get("stage") or "")
        if "note" in row:
            self.note(f"{title}: {row['note']}" if title else str(row["note"]))
            return
        told = row.get("metrics")
        metrics = {
            str(name): value
            for name, value in (told.items() if isinstance(told, dict) else ())
            if isinstance(value, (int, float, str)) and name not in _FIELDS
        }
        stage = f"{title}: {inner}" if title and inner not in ("", title) else title or inner
        self.update(
            stage, _finite(row.get("done")) or 0, _finite(row.get("total")), str(row.get("unit") or ""), **metrics
        )

    def note(self, text: str) -> None:
        """A sentence for the reader, above the bar."""
        if self._form == "json":
            self._stream.write(json.dumps({"stage": self._stage, "note": text}) + "\n")
        elif self._form != "none":
            text = visible(text)
            if self._bar is not None:
                self._bar.console.print(text, markup=False, highlight=False)
            else:
                self._stream.write(text + "\n")
        self._stream.flush()

    def _line(self, done: float, total: float | None, unit: str, metrics: dict[str, float | int | str]) -> str:
        elapsed = time.monotonic() - self._started
        left = elapsed * (total - done) / (done - self._first) if total and done > self._first else None
        if self._form == "json":
            row = {"stage": self._stage, "done": done, "total": total, "unit": unit}
            return json.dumps(row | {"seconds_left": None if left is None else round(left, 1), "metrics": metrics})
        amount = f"{done:,.0f} of {total:,.0f} {unit}" if total else f"{done:,.0f} {unit}"
        ahead = f", {_clock(left)} left" if left else ""
        return visible_line(f"{self._stage}: {amount.rstrip()}{ahead}{_metrics_text(metrics)}")

    def _draw(self, done: float, total: float | None, unit: str, metrics: dict[str, float | int | str]) -> None:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as RichProgress

            columns = (
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[unit]}", markup=False),
                TimeRemainingColumn(),
                TextColumn("{task.fields[metrics]}", markup=False),
            )
            self._bar = RichProgress(*columns, console=Console(file=self._stream))
            self._bar.start()
            self._task = self._bar.add_task(visible_line(self._stage), total=total, unit=visible_line(unit), metrics="")
        assert self._task is not None
        self._bar.update(self._task, completed=done, total=total, metrics=visible_line(_metrics_text(metrics)))

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.stop()
        self._bar = self._task = None


def progress_row(line: str) -> dict[str, Any] | None:
    """The progress that a line of the JSON form tells of; None for a line of words."""
    if not line.startswith("{") or len(line) > _LONGEST_ROW:
        return None
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) and "stage" in row else None


def _finite(value: object) -> float | None:
    return value if isinstance(value, (int, float)) and abs(value) < 1e300 else None


def _can_draw(stream: IO[str]) -> bool:
    return stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb", "unknown")


def _metrics_text(metrics: dict[str, float | int | str]) -> str:
    shown = (
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in metrics.items()
    )
    text = ", ".join(shown)
    return f" ({text})" if text else ""


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"
