"""Draws what a run's exams found: the loss of each held-out response, and the problems that were solved by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Numbers = dict[str, Any]


def draw_held_out(told: Numbers) -> Figure:
    """The loss of each held-out response before and after: below the line it fell."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6, 4.2), layout="constrained")
    axes = figure.subplots()
    before, after = ([float(row[when]) for row in told["losses"]] for when in ("before", "after"))
    most = 1.05 * max(*before, *after, 0.1)
    axes.plot([0, most], [0, most], linewidth=1, color="grey", label="no change")
    axes.scatter(before, after, s=14, label=f"{told['better']} of {told['rows']} fell")
    axes.set(xlim=(0, most), ylim=(0, most), xlabel="loss of a held-out response before", ylabel="after")
    axes.legend()
    return figure


def draw_exam(exam: Numbers) -> Figure:
    """The problems that were solved before (by the base, however it was asked) and after."""
    from matplotlib.figure import Figure

    asked = exam["base_asked"] or [exam]
    bars = [(f"before, {row.get('prompt') or exam['prompt_before']}", row["passed_before"]) for row in asked]
    if exam["unquantized"]:
        bars.append(("after, unquantized", exam["unquantized"]["passed"]))
    bars.append((f"after, {exam['prompt_after']}", exam["passed_after"]))
    names, solved = zip(*reversed(bars), strict=True)
    figure = Figure(figsize=(7, 1 + 0.35 * len(bars)), layout="constrained")
    axes = figure.subplots()
    colours = ["tab:blue" if name.startswith("before") else "tab:orange" for name in names]
    axes.bar_label(axes.barh(names, solved, color=colours), padding=3)
    # Room for the number behind the longest bar; the axis does not end at it.
    axes.set_xlim(0, max(1, min(exam["problems"], 1.6 * max(solved))))
    axes.set_xlabel(f"problems of {exam['benchmark']} solved, of {exam['problems']}")
    return figure
