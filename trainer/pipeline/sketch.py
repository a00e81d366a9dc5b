"""A pipeline without running it: the file and its recipe are read, what is missing is named, each stage's command is shown.

Nothing is made, downloaded or loaded, so a file for a GPU node can be read through on a laptop. What depends on results is not
known yet: a round after the first, the merging of an adapter, rows that training will hold out.
"""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

from assistant.ground.visible import visible_line
from trainer.pipeline.course import go
from trainer.pipeline.plan import ExamPart, Plan
from trainer.pipeline.sources import Missing, Sources, changes
from trainer.pipeline.stage import Done, Program, Stage

_NAMES: dict[Program, str] = {
    "trainer.cli": "wizard-train",
    "quantize.cli": "wizard-quantize",
    "assistant.cli.main": "wizard-tui",
}


class Sketch:
    """Takes stages by writing down their commands.

    Args:
        folder: the folder of the run, which is not made.
        base: the weights, or their id on the hub.
    """

    def __init__(self, folder: Path, base: Path) -> None:
        self._folder = folder
        self._base = base
        self.done: list[Done] = []
        self.commands: list[tuple[str, str]] = []
        """Name and command line of each stage, in order."""

    def take(self, stage: Stage) -> Done:
        """Write the stage down; what it would make is taken to lie in a folder of its name."""
        folder = self._folder / stage.name
        program = (
            f"accelerate launch --config_file {stage.under} -m trainer.cli" if stage.under else _NAMES[stage.program]
        )
        words = [word for word in stage.command(folder) if word not in ("--progress", "json")]
        line = f"{program} {shlex.join(words)}"
        if not self._base.exists():
            line = line.replace(str(self._base.resolve()), str(self._base))
        self.commands.append((stage.name, visible_line(line)))
        self.done.append(Done(stage.name, folder, 0.0, False))
        return self.done[-1]

    def note(self, text: str) -> None:
        """Nothing is under way that could be told of."""


def sketch(plan: Plan, sources: Sources, missing: list[Missing], folder: Path) -> str:
    """What would run, for people."""
    course = Sketch(folder, sources.base)
    go(replace(plan, stop=ExamPart()), sources, course)
    lines = [f"{plan.name}: the file and its recipe are valid. Nothing was run."]
    for number, (name, command) in enumerate(course.commands, 1):
        lines += ["", f"{number}. {name}", f"   {command}"]
    if plan.stop.benchmark:
        rule = f"up to {plan.evolve.rounds} rounds, as long as {plan.stop.benchmark} does not get worse"
        lines += ["", f"The first round is shown; evolve, finetune and quantize come again, {rule}."]
    if missing:
        absent = "; ".join(dict.fromkeys(one.words for one in missing))
        lines += ["", f"Not on this machine yet: {absent}.", f"Files of your own in their place: {changes(missing)}"]
    else:
        lines += ["", "Everything it reads from this disk is here."]
    served = [f"the teacher at {plan.evolve.teacher}"] if isinstance(sources.teacher, str) and sources.teacher else []
    hub = [] if sources.base.exists() else [f"the base {sources.base} (from the hub)"]
    if (served or hub) and not any(one.key == "finetune.base" for one in missing):
        lines += [f"Asked for over the network when it runs: {', '.join([*hub, *served])}."]
    return "\n".join(lines)
