"""What a newcomer is told once: that the starter is for trying out, and which model to fetch for real work.

Data for the app and the command line; whoever shows it chooses the form.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assistant.config import Config
from assistant.ground import paths
from assistant.models.catalogue import CatalogueModel, best_for
from assistant.models.download import OFFLINE_HINT
from assistant.models.library import STARTER, model_files, starter_model
from assistant.models.machine import Machine, this_machine


@dataclass(frozen=True)
class FirstRun:
    """The notice: sentences for people, and the model that one key or command fetches (None where none fits)."""

    text: str
    recommended: CatalogueModel | None
    command: str
    offline: str


def first_run(config: Config, machine: Machine | None = None) -> FirstRun | None:
    """The notice, or None when the user has a model beside the starter or has put the notice away."""
    if config.model or _put_away().exists():
        return None
    if any(file.source != "starter" for file in model_files(config)):
        return None
    best = best_for(machine or this_machine())
    starter = (
        f"You are talking to {STARTER}, a small model that comes along for trying the app: it answers, and often wrongly."
        if starter_model()
        else "There is no model here yet."
    )
    if best is None:
        return FirstRun(
            text=f"{starter} This machine has too little memory for the code models of the catalogue.",
            recommended=None,
            command="wizard-tui models list",
            offline=OFFLINE_HINT,
        )
    return FirstRun(
        text=f"{starter} For work, the best code model of the catalogue that runs well on this machine is {best.name} "
        f"({best.size_text}, {best.licence}).",
        recommended=best,
        command=f"wizard-tui models pull {best.name}",
        offline=f"Without internet: {OFFLINE_HINT}.",
    )


def put_first_run_away() -> None:
    """Do not show the notice again."""
    _put_away().touch()


def _put_away() -> Path:
    return paths.state_folder() / "first-run-seen"
