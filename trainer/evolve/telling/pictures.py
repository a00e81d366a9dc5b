"""Draws the pictures of the report: lengths and difficulty by round, the mix of heuristics, reasons of elimination."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.ground.files import replacing

if TYPE_CHECKING:
    from trainer.evolve.telling.report import Numbers

_BINS = 30


def draw_pictures(numbers: Numbers, folder: Path) -> list[Path]:
    """Write the pictures into `folder`; none where matplotlib is not installed."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return []
    folder.mkdir(exist_ok=True)
    made = []
    for name, draw in (
        ("lengths", _lengths),
        ("difficulty", _difficulty),
        ("heuristics", _mix),
        ("eliminated", _rules),
    ):
        figure = Figure(figsize=(8, 4), layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure.add_subplot(), numbers)
        path = folder / f"{name}.png"
        with replacing(path) as staged:
            figure.savefig(staged, format="png", dpi=110)
        made.append(path)
    return made


def _lengths(axes: Any, numbers: Numbers) -> None:
    _by_round(axes, numbers.task_words, "words in the task")


def _difficulty(axes: Any, numbers: Numbers) -> None:
    _by_round(axes, numbers.branches, "branches in the answer's code")


def _by_round(axes: Any, counts: dict[int, Counter[int]], title: str) -> None:
    most = max((value for counter in counts.values() for value in counter), default=0)
    for number in sorted(counts):
        values, weights = list(counts[number]), list(counts[number].values())
        axes.hist(
            values,
            bins=min(_BINS, most + 1),
            range=(0, most + 1),
            weights=weights,
            histtype="step",
            label=f"round {number}",
        )
    axes.set_xlabel(title)
    axes.set_ylabel("rows")
    if counts:
        axes.legend()


def _mix(axes: Any, numbers: Numbers) -> None:
    names = sorted((numbers.by_heuristic.keys() | numbers.eliminated_by_heuristic.keys()) - {"seed"})
    kept = [numbers.by_heuristic[name] for name in names]
    axes.barh(names, kept, label="kept")
    axes.barh(names, [numbers.eliminated_by_heuristic[name] for name in names], left=kept, label="eliminated")
    axes.set_xlabel("tasks")
    axes.legend()


def _rules(axes: Any, numbers: Numbers) -> None:
    common = numbers.by_rule.most_common()[::-1]
    axes.barh([rule for rule, _ in common], [count for _, count in common])
    axes.set_xlabel("tasks eliminated")
