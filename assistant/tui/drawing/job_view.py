"""What is shown of a job: its row in the list, how far it is, and its curves; all as text with styles."""

from __future__ import annotations

import time
from pathlib import Path

from textual.content import Content

from assistant.jobs.follow import Curve, Follower, Stage
from assistant.jobs.job import Job, State
from assistant.tui.drawing.plot import bar, clock, plot, short
from assistant.tui.drawing.untrusted import joined, plain_line

SIGNS: dict[State, tuple[str, str]] = {
    "starting": ("◌", "$foreground 60%"),
    "running": ("▶", "$accent"),
    "paused": ("‖", "$warning"),
    "done": ("✔", "$success"),
    "failed": ("✖", "$error"),
    "stopped": ("■", "$foreground 60%"),
    "lost": ("?", "$warning"),
}
WORDS: dict[State, str] = {
    "starting": "starting",
    "running": "at work",
    "paused": "paused",
    "done": "done",
    "failed": "failed",
    "stopped": "stopped",
    "lost": "its process ended without a word (the machine was restarted, or it was killed)",
}
_PLOT_ROWS = 6
_LEAST_ROWS = 4
_MOST_PLOTS = 4
_TWO_ABREAST = 60
_TELLING = ("loss", "held out", "pass", "accepted", "perplexity", "kl", "agree", "score")
"""Figures that are shown before others."""


def row_detail(state: State, follower: Follower | None) -> str:
    """The right end of a row: how far the job is, or what became of it."""
    stage = follower.stage if follower else None
    if state in ("running", "paused") and stage is not None and stage.share is not None:
        return f"{stage.share:.0%}"
    return "lost" if state == "lost" else WORDS[state]


def head(job: Job, state: State, follower: Follower, width: int) -> Content:
    """Title, command, state, bar."""
    sign, colour = SIGNS[state]
    ended = job.ended
    took = clock((ended or time.time()) - job.created)
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(job.created))
    said = {"failed": f"failed with code {job.exit_code}"}.get(state, WORDS[state])
    lines = [
        joined((f"{sign} ", colour), plain_line(job.title, "bold"), "  ", (said, colour)),
        plain_line(f"started {when}, {'took' if ended else 'for'} {took}, in {_home(job.folder)}", "$foreground 60%"),
        plain_line(_short_command(job), "$foreground 60%"),
    ]
    if follower.stage is not None:
        lines += progress(follower.stage, state, width)
    return Content("\n").join(lines)


def progress(stage: Stage, state: State, width: int) -> list[Content]:
    """The stage at hand: its name, a bar, how much, how long still, and its figures."""
    amount = f"{stage.done:,.0f}"
    if stage.total:
        amount += f" of {stage.total:,.0f}"
    left = f" · {clock(stage.seconds_left)} left" if stage.seconds_left and state == "running" else ""
    share = f" {stage.share:.0%}" if stage.share is not None else ""
    figures = " · ".join(f"{k} {short(v) if isinstance(v, float) else v}" for k, v in stage.metrics.items())
    return [
        Content(""),
        joined(plain_line(stage.name, "bold"), plain_line(f"  {amount} {stage.unit}{left}")),
        joined((bar(stage.share, max(10, min(width - 6, 80))), "$accent"), (share, "$accent")),
        plain_line(figures, "$foreground 70%"),
    ]


def curves(follower: Follower, width: int, height: int) -> Content:
    """The most telling curves that fit, two beside each other where there is room."""
    chosen = [(name, curve) for name, curve in follower.curves.items() if len(curve.points) > 1]
    chosen.sort(key=lambda item: (_rank(item[0]), -follower.stages.index(item[0].rpartition(": ")[0])))
    abreast = 2 if width >= _TWO_ABREAST and len(chosen) > 1 else 1
    below = min(-(-len(chosen) // abreast), _MOST_PLOTS // 2, max(1, height // (_PLOT_ROWS + 1)))
    if height < _LEAST_ROWS or not chosen:
        return Content("")
    chosen, rows = chosen[: below * abreast], min(_PLOT_ROWS, height // below - 1)
    each = (width - 2 * (abreast - 1)) // abreast
    lines: list[Content] = []
    for at in range(0, len(chosen), abreast):
        blocks = [_curve(name, curve, each, rows) for name, curve in chosen[at : at + abreast]]
        lines += [Content("  ").join(parts) for parts in zip(*blocks, strict=True)]
    return Content("\n").join(lines)


def _curve(name: str, curve: Curve, width: int, height: int) -> list[Content]:
    title = f"{name}  {short(curve.points[-1][1])}"
    title = title if len(title) <= width else title[: width - 1] + "…"
    rows = plot(curve.points, width, height)
    return [plain_line(title.ljust(width), "bold"), *(plain_line(row, "$secondary") for row in rows)]


def _rank(name: str) -> int:
    metric = name.rpartition(": ")[2].lower()
    return next((i for i, word in enumerate(_TELLING) if word in metric), len(_TELLING))


def _short_command(job: Job) -> str:
    words = list(job.command)
    if "-m" in words[:6]:
        at = words.index("-m")
        program = {"trainer.cli": "wizard-train", "quantize.cli": "wizard-quantize"}.get(words[at + 1])
        words = [program, *words[at + 2 :]] if program else words
    text = " ".join(words)
    return text if len(text) <= 300 else f"{text[:299]}…"


def _home(folder: str) -> str:
    try:
        return f"~/{Path(folder).relative_to(Path.home())}".removesuffix("/.")
    except ValueError:
        return folder
