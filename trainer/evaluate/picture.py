"""The picture of a report: bars of pass@1 beside the published figures, as PNG by matplotlib."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assistant.ground.files import replacing
from trainer.evaluate.benchmarks.table import BENCHMARKS
from trainer.evaluate.words import column_of, published

_HERE, _PUBLISHED = "#7b4fd6", "#b9bcc6"


def draw(path: Path, reports: Sequence[dict[str, Any]]) -> bool:
    """Write the picture; false where matplotlib is not installed or there is nothing to show."""
    if importlib.util.find_spec("matplotlib") is None:
        return False
    panels = [panel for report in reports if (panel := _bars(report))]
    if not panels:
        return False
    os.environ.setdefault("MPLCONFIGDIR", tempfile.gettempdir())
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    tallest = max(len(bars) for _, bars in panels)
    figure = Figure(figsize=(6.5 * len(panels), 1.2 + 0.27 * tallest), layout="constrained")
    for index, (title, bars) in enumerate(panels):
        axes = figure.add_subplot(1, len(panels), index + 1)
        names, values, colours, spans = zip(*bars, strict=True)
        axes.barh(names, values, color=colours)
        axes.margins(y=0.01)
        ours = [row for row, colour in enumerate(colours) if colour == _HERE]
        reach = _errors([spans[row] for row in ours])
        axes.errorbar([values[row] for row in ours], ours, xerr=reach, fmt="none", ecolor="#333333", capsize=2)
        for row, value in enumerate(values):
            axes.annotate(f"{value:.1f}", (value, row), xytext=(3, 3), textcoords="offset points", fontsize=7)
        axes.set_title(f"{title}, pass@1 in per cent")
        axes.set_xlim(0, 100)
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    with replacing(path) as staged:
        figure.savefig(staged, format="png", dpi=130)
    return True


def _bars(report: dict[str, Any]) -> tuple[str, list[tuple[str, float, str, tuple[float, float]]]] | None:
    """Title and bars (name, per cent, colour, how far the interval reaches down and up), the best on top."""

    value = report["pass_at"].get("1")
    if value is None:
        return None
    low, high = report["intervals"]["1"]
    name = Path(str(report["model"])).name[:40]
    bars = [(f"{name} (here)", value * 100, _HERE, ((value - low) * 100, (high - value) * 100))]
    column = column_of(report)
    for model in published():
        figure = model.get(column) or {}
        if figure:
            bars.append((model["name"], float(figure["percent"]), _PUBLISHED, (0.0, 0.0)))
    row = BENCHMARKS.get(report["benchmark"])
    return (row.title if row else str(report["benchmark"])), sorted(bars, key=lambda bar: bar[1])


def _errors(spans: Sequence[tuple[float, float]]) -> list[list[float]]:
    return [[max(0.0, low) for low, _ in spans], [max(0.0, high) for _, high in spans]]
