"""The rounds: every lineage gets one task a round, evolved from its newest row, answered, judged and written in order.

Work goes in batches: a batch asks the teacher for all its tasks, then for all its answers. A server gets several
batches at once, across the ends of rounds, so that it never waits; outcomes are taken in the order of the tasks, so
neither timing nor a restart changes what is written. A task that is eliminated leaves its parent in the pool, as in
WizardLM.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from trainer.errors import TrainerError
from trainer.evolve.asking import Asking
from trainer.evolve.batch import Task, work
from trainer.evolve.checking.checks import Checks
from trainer.evolve.files.ledger import Ledger
from trainer.evolve.heuristics import draw, heuristic
from trainer.evolve.tally import Tally
from trainer.generators.generator import Generator
from trainer.records import Eliminated, Instruction, Seed

_SYNC_EVERY = 5_000
# A server gets batches of an eighth of what keeps it busy, 24 at once: three times what it can take, so that it never
# waits while some of them are being judged, and small ones, so that little is left over when the last round runs out.
_PARTS = 8
_WORKERS = 24
# A local model gets enough for its sequences to be refilled as they end, and no more than is soon written down.
_FILLINGS = 3


@dataclass(frozen=True)
class Plan:
    """What is to be done."""

    rounds: int
    seed: int
    weights: Mapping[str, float]
    asking: Asking
    checks: Checks = field(default_factory=Checks)
    batch: int = 0
    """Tasks asked for together; 0 takes what keeps the teacher busy."""


def evolve(
    plan: Plan,
    seeds: Callable[[], Iterable[Seed]],
    ledger: Ledger,
    teacher: Generator,
    tally: Tally,
) -> None:
    """Carry the ledger from where it is to the end of the last round.

    Args:
        seeds: opens the stream of seeds from its beginning; it must be the same stream each time.
    """
    pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="batch") if teacher.concurrent else None
    size = plan.batch or (max(1, teacher.appetite // _PARTS) if pool else _FILLINGS * teacher.appetite)
    queue = _Queue(plan, seeds, ledger)
    ahead: deque[Callable[[], list[Instruction | Eliminated]]] = deque()
    try:
        while True:
            while len(ahead) < (2 * _WORKERS if pool else 1) and (batch := queue.take(size, bool(ahead))):
                words = (batch, plan.asking, plan.checks, teacher, tally)
                ahead.append(pool.submit(work, *words).result if pool else partial(work, *words))
            if not ahead:
                return
            before = ledger.place.round
            for outcome in ahead.popleft()():
                _settle(plan.checks, ledger, outcome, tally)
            ledger.flush()
            plan.checks.flush()
            if ledger.place.round != before:
                ledger.sync()
    finally:
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)


class _Queue:
    """The tasks that are not done yet, in their order, as far as the rows that they evolve are written."""

    def __init__(self, plan: Plan, seeds: Callable[[], Iterable[Seed]], ledger: Ledger) -> None:
        self._plan = plan
        self._ledger = ledger
        self._round, self._lineage = ledger.place.round, ledger.place.lineage
        # Only a run that is not past its seeds reads them.
        start = self._lineage if self._round == 0 else ledger.seeds
        self._seeds: Iterator[Seed] = itertools.islice(seeds(), start, None) if start < ledger.seeds else iter(())
        self._held: list[Task] = []

    def take(self, size: int, wait: bool) -> tuple[Task, ...]:
        """The next `size` tasks. Fewer where there are no more; none where more may come and `wait` is set."""
        while len(self._held) < size and (task := self._next()) is not None:
            self._held.append(task)
        if wait and len(self._held) < size and self._round <= self._plan.rounds:
            return ()
        taken, self._held = tuple(self._held), []
        return taken

    def _next(self) -> Task | None:
        """The next task; None where there is no other, or its parent is being made."""
        ledger = self._ledger
        while self._round <= self._plan.rounds:
            here, lineage = self._round, self._lineage
            if lineage >= ledger.seeds:
                self._round, self._lineage = here + 1, 0
                continue
            if here and (ledger.place.round, ledger.place.lineage) <= (here - 1, lineage):
                return None
            self._lineage += 1
            if here == 0:
                seed = next(self._seeds, None)
                if seed is None:
                    why = f"there are {lineage:,} now, and were {ledger.seeds:,}"
                    raise TrainerError("the seeds have changed while they were evolved", why, "another -o")
                return Task(0, lineage, heuristic(seed.heuristic) if seed.heuristic != "seed" else None, None, seed)
            if ledger.alive(lineage):
                row = draw(self._plan.weights, self._plan.seed, lineage, here)
                return Task(here, lineage, row, ledger.newest(lineage), None)
        return None


def _settle(checks: Checks, ledger: Ledger, outcome: Instruction | Eliminated, tally: Tally) -> None:
    """Write one outcome, after the one check that depends on all before it."""
    if isinstance(outcome, Instruction):
        twin = checks.twin(outcome, ledger.end)
        if twin is not None:
            outcome = Eliminated(
                outcome.parent,
                outcome.round,
                outcome.lineage,
                outcome.heuristic,
                "near duplicate",
                twin,
                outcome.instruction,
                outcome.response,
            )
    ledger.write(outcome)
    tally.count(outcome)
    if (ledger.kept + ledger.eliminated) % _SYNC_EVERY == 0:
        ledger.sync()
