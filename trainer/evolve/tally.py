"""Counts of a run while it runs: kept and eliminated by heuristic and by rule, tokens, and what the progress line says.

Several batches count at once, so every change is made under a lock. What a whole set holds, runs before included, is
read from its files by `report`.
"""

from __future__ import annotations

import threading
import time
from collections import Counter

from assistant.ground.progress import Progress
from trainer.generators.generator import Reply
from trainer.records import Eliminated, Instruction

_SECONDS = 0.1


class Tally:
    """What has happened in this run.

    Args:
        total: tasks of all rounds, as far as it can be known before.
        before: tasks that earlier runs have settled.
    """

    def __init__(self, progress: Progress, total: int, before: int = 0) -> None:
        self.kept: Counter[str] = Counter()
        self.eliminated: Counter[str] = Counter()
        self.by_rule: Counter[str] = Counter()
        self.tokens = 0
        self._progress = progress
        self._total = total
        self._done = before
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._shown = 0.0

    def reply(self, reply: Reply) -> None:
        """The teacher has answered something."""
        with self._lock:
            self.tokens += reply.tokens
            self._show()

    def count(self, outcome: Instruction | Eliminated) -> None:
        """A task is settled."""
        with self._lock:
            self._done += 1
            if isinstance(outcome, Instruction):
                self.kept[outcome.heuristic] += 1
            else:
                self.eliminated[outcome.heuristic] += 1
                self.by_rule[outcome.rule] += 1
            self._show()

    def finish(self) -> None:
        """Show the last state."""
        with self._lock:
            self._total = self._done
            self._shown = 0.0
            self._show()

    def acceptance(self) -> dict[str, float]:
        """Share kept, by heuristic."""
        names = sorted(self.kept.keys() | self.eliminated.keys())
        return {name: self.kept[name] / (self.kept[name] + self.eliminated[name]) for name in names}

    def _show(self) -> None:
        now = time.monotonic()
        if now - self._shown < _SECONDS:
            return
        self._shown = now
        speed = self.tokens / max(1e-9, now - self._started)
        accepted = {name: f"{share:.0%}" for name, share in self.acceptance().items() if name != "seed"}
        self._progress.update("evolve", self._done, self._total, "tasks", **{"tokens/s": round(speed, 1)}, **accepted)
