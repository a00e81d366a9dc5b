"""About how long learning will take on this machine, said before it begins; corrected by how long it took the last time.

A guess from what is written, read and trained on, and from how fast the machine reads weights. It promises nothing.
"""

from __future__ import annotations

import json
from pathlib import Path

from assistant.engine.remembered import Remembered
from assistant.learning.material import Material, Row
from assistant.learning.order import Wishes
from assistant.models.catalogue import tokens_per_second
from assistant.models.machine import Machine

_KIND = "learning"
_CHARACTERS_A_TOKEN = 3.5
_TASK_TOKENS, _ANSWER_TOKENS = 250, 90
"""What evolving a task, and solving a problem of the benchmark, writes on average."""
_READING, _TRAINING = 6.0, 2.5
"""How many times faster than writing a text is read, and trained on."""
_EPOCHS = 2
_SECONDS_A_PROBLEM = 0.5
"""Judging it in the sandbox."""
_STARTING = 40.0
"""Seconds of starting programs and loading weights, a minute at the most."""
_LONG = 20 * 60


def expected_seconds(material: Material, wishes: Wishes, model: Path, machine: Machine) -> float:
    """The guess, in seconds of a machine that has nothing else to do."""
    speed = max(0.1, tokens_per_second(model.stat().st_size, machine))
    evolved = min(wishes.evolve, len(material.train))
    written = evolved * _TASK_TOKENS + 2 * wishes.problems * _ANSWER_TOKENS
    read = 2 * _tokens(material.held_out)
    trained = _EPOCHS * (_tokens(material.train) + evolved * _TASK_TOKENS)
    seconds = (written + read / _READING + trained / _TRAINING) / speed
    return _STARTING + seconds + 2 * wishes.problems * _SECONDS_A_PROBLEM


def told(seconds: float, model: Path) -> str:
    """The guess as a sentence, by what is known of earlier times."""
    seconds *= _factor(model)
    minutes = max(1, round(seconds / 60))
    amount = f"{minutes} minute{'s' if minutes > 1 else ''}" if minutes < 100 else f"{seconds / 3600:.1f} hours"
    shorter = " --evolve 0 --problems 10 --symbols 16 makes it shorter." if seconds > _LONG else ""
    return f"This takes about {amount} when nothing else runs, and gives way to all else.{shorter}"


def remember(guess: float, rested: float, run: Path, model: Path) -> None:
    """Keep how far the guess was off, if the run in the folder `run` did everything at one go.

    Args:
        rested: seconds in which the work rested.
    """
    try:
        stages = json.loads((run / "report.json").read_text(encoding="utf-8"))["stages"]
        took = sum(float(row["seconds"]) for row in stages)
        at_one_go = not any(row["skipped"] for row in stages)
    except (OSError, ValueError, KeyError, TypeError):
        return
    if at_one_go and took - rested > 0:
        Remembered(_KIND).put(model.name, round((took - rested) / guess, 3))


def _factor(model: Path) -> float:
    known = Remembered(_KIND).get(model.name)
    return min(20.0, max(0.05, float(known))) if isinstance(known, (int, float)) else 1.0


def _tokens(rows: tuple[Row, ...]) -> float:
    return sum(len(row.instruction) + len(row.code) for row in rows) / _CHARACTERS_A_TOKEN
