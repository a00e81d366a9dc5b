"""`--preview N`: a few seeds evolved once and shown side by side, before any money or time is spent on all of them."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable

from assistant.ground.progress import Progress
from assistant.ground.visible import visible
from trainer.evolve.batch import Task, work
from trainer.evolve.heuristics import draw
from trainer.evolve.rounds import Plan
from trainer.evolve.tally import Tally
from trainer.generators.generator import Generator
from trainer.records import Instruction, Seed

_WIDTH = 120


def preview(plan: Plan, seeds: Iterable[Seed], count: int, teacher: Generator) -> None:
    """Evolve the first `count` seeds once and print each beside what became of it; writes no file."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    tasks = []
    for lineage, seed in enumerate(itertools.islice(seeds, count)):
        parent = Instruction(f"seed{lineage}", None, 0, "seed", plan.checks.masked(seed.instruction), seed.response)
        tasks.append(Task(1, lineage, draw(plan.weights, plan.seed, lineage, 1), parent, None))
    with Progress("none") as silent:
        outcomes = work(tasks, plan.asking, plan.checks, teacher, Tally(silent, len(tasks)))
    console = Console() if sys.stdout.isatty() else Console(width=_WIDTH)
    table = Table(show_lines=True, expand=True)
    for title, share in (("seed", 3), ("heuristic", 2), ("evolved", 4), ("answer", 4)):
        table.add_column(title, ratio=share, overflow="fold")
    for task, outcome in zip(tasks, outcomes, strict=True):
        fate = "" if isinstance(outcome, Instruction) else f"\n\neliminated: {outcome.rule} ({outcome.reason})"
        cells = (task.source, f"{task.name}{fate}", outcome.instruction, outcome.response)
        table.add_row(*(Text(visible(cell)) for cell in cells))
    console.print(table)
