"""The rounds: every lineage gets one task a round, evolved from its newest row, answered, judged and written in order.

Work goes in batches: a batch asks the teacher for all its tasks, then for all its answers. A server gets several
batches at once so that it never waits; outcomes are taken in the order of the tasks, so neither timing nor a restart
changes what is written. A task that is eliminated leaves its parent in the pool, as in WizardLM.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from trainer.evolve.asking import Asking
from trainer.evolve.batch import Task, work
from trainer.evolve.checks import Checks
from trainer.evolve.heuristics import draw, heuristic
from trainer.evolve.ledger import Ledger
from trainer.evolve.tally import Tally
from trainer.generators.generator import Generator
from trainer.records import Eliminated, Instruction, Seed

_SYNC_EVERY = 5_000
# A server gets batches of a quarter of what keeps it busy, twelve at once: three times what it can take, so that it
# never waits while some of them are being judged, and small ends when a round runs out.
_PARTS = 4
_WORKERS = 12


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
    try:
        while ledger.place.round <= plan.rounds:
            here = ledger.place.round
            tasks = _seed_tasks(seeds, ledger) if here == 0 else _evolved_tasks(plan, ledger)
            size = plan.batch or max(1, teacher.appetite // (_PARTS if teacher.concurrent else 1))
            batches = iter(lambda: tuple(itertools.islice(tasks, size)), ())  # noqa: B023 - used up within the round
            for outcomes in _worked(plan, batches, teacher, pool, tally):
                for outcome in outcomes:
                    _settle(plan.checks, ledger, outcome, tally)
                ledger.flush()
                plan.checks.flush()
            if ledger.place.round == here:
                return
            ledger.sync()
            if not ledger.alive_count():
                return
    finally:
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)


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


def _worked(
    plan: Plan,
    batches: Iterator[tuple[Task, ...]],
    teacher: Generator,
    pool: ThreadPoolExecutor | None,
    tally: Tally,
) -> Iterator[list[Instruction | Eliminated]]:
    """The outcomes of the batches, in their order; with a pool, several are at work."""
    if pool is None:
        for batch in batches:
            yield work(batch, plan.asking, plan.checks, teacher, tally)
        return
    ahead: deque[Future[list[Instruction | Eliminated]]] = deque()
    for batch in batches:
        ahead.append(pool.submit(work, batch, plan.asking, plan.checks, teacher, tally))
        if len(ahead) > 2 * _WORKERS:
            yield ahead.popleft().result()
    while ahead:
        yield ahead.popleft().result()


def _seed_tasks(seeds: Callable[[], Iterable[Seed]], ledger: Ledger) -> Iterator[Task]:
    start = ledger.place.lineage
    for lineage, seed in enumerate(itertools.islice(seeds(), start, None), start):
        yield Task(0, lineage, heuristic(seed.heuristic) if seed.heuristic != "seed" else None, None, seed)


def _evolved_tasks(plan: Plan, ledger: Ledger) -> Iterator[Task]:
    here = ledger.place
    for lineage in range(here.lineage, ledger.seeds):
        if ledger.alive(lineage):
            row = draw(plan.weights, plan.seed, lineage, here.round)
            yield Task(here.round, lineage, row, ledger.newest(lineage), None)
