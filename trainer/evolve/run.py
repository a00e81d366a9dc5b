"""One run of `evolve`, from its settings to a finished set: validate, open, go through the rounds, say what came out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from assistant.errors import NothingProduced, UsageError
from assistant.ground.progress import Mode, Progress
from assistant.ground.terminal import say
from trainer.errors import TrainerError
from trainer.evolve.asking import Asking
from trainer.evolve.checks import Checks
from trainer.evolve.heuristics import weights
from trainer.evolve.ledger import Ledger
from trainer.evolve.manifest import Manifest
from trainer.evolve.rounds import Plan, evolve
from trainer.evolve.seeds import fingerprint, read_seeds
from trainer.evolve.tally import Tally
from trainer.generators.generator import GeneratorOptions, open_generator
from trainer.records import Seed

_FAULTS_SHOWN = 20


@dataclass(frozen=True)
class Settings:
    """What the command line said."""

    seeds: tuple[Path, ...]
    out: Path
    teacher: str
    options: GeneratorOptions = field(default_factory=GeneratorOptions)
    rounds: int = 1
    limit: int = 0
    seed: int = 0
    weights: str = ""
    answer_tokens: int = 2048
    task_tokens: int = 512
    temperature: float = 1.0
    progress: Mode = "auto"


def run(settings: Settings) -> None:
    """Make or finish the set at `settings.out`.

    Raises:
        TrainerError, UsageError: see the parts; nothing is written before the seeds and the teacher are sound.
        NothingProduced: not one task got through.
    """
    _check_out(settings)
    drawn = weights(settings.weights)
    count = _count_seeds(settings)
    asking = Asking(settings.task_tokens, settings.answer_tokens, settings.temperature, seed=settings.seed)
    checks = Checks()
    with closing(open_generator(settings.teacher, settings.options)) as teacher:
        manifest = Manifest(
            sources=tuple(map(str, settings.seeds)),
            sources_sha256=fingerprint(settings.seeds),
            seeds=count,
            teacher=teacher.name,
            rounds=settings.rounds,
            seed=settings.seed,
            weights=drawn,
            asking=asdict(asking),
            checks={},
        ).with_prompts()
        manifest.check_against(settings.out)
        manifest.write(settings.out)
        plan = Plan(settings.rounds, settings.seed, drawn, asking, checks)
        with Ledger(settings.out, count) as ledger, Progress(settings.progress) as progress:
            before = ledger.kept + ledger.eliminated
            if before:
                progress.note(f"Going on after {before:,} tasks that are done.")
            tally = Tally(progress, count * (settings.rounds + 1), before)
            evolve(plan, lambda: _seeds(settings), ledger, teacher, tally)
            tally.finish()
            replace(manifest, complete=True, kept=ledger.kept, eliminated=ledger.eliminated).write(settings.out)
            _say_result(settings, ledger, tally)


def _check_out(settings: Settings) -> None:
    if settings.out.is_dir():
        raise UsageError(f"cannot write {settings.out}", "it is a folder", f"-o {settings.out / 'evolved.jsonl'}")
    if not settings.out.parent.is_dir():
        parent = settings.out.parent
        raise UsageError(f"cannot write {settings.out}", f"there is no folder {parent}", f"mkdir -p {parent}")
    if any(source.is_file() and settings.out.exists() and source.samefile(settings.out) for source in settings.seeds):
        raise UsageError(f"cannot write {settings.out}", "it is also the file of seeds", "another -o")


def _count_seeds(settings: Settings) -> int:
    """Read all seeds once: how many there are, and what is wrong with the others, before anything else happens."""
    faults = 0

    def report(fault: str) -> None:
        nonlocal faults
        faults += 1
        if faults <= _FAULTS_SHOWN:
            say(fault)

    count = sum(1 for _ in itertools.islice(read_seeds(settings.seeds, report), settings.limit or None))
    if faults > _FAULTS_SHOWN:
        say(f"… and {faults - _FAULTS_SHOWN:,} more like these")
    if not count:
        names = ", ".join(map(str, settings.seeds))
        raise TrainerError(f"no seeds in {names}", f"{faults} entries, none of which can be used" if faults else "")
    return count


def _seeds(settings: Settings) -> Iterator[Seed]:
    return itertools.islice(read_seeds(settings.seeds, lambda _fault: None), settings.limit or None)


def _say_result(settings: Settings, ledger: Ledger, tally: Tally) -> None:
    evolved = sum(1 for row in ledger.rows() if row.round > 0)
    if settings.rounds and not evolved:
        reasons = ", ".join(f"{rule} {count}" for rule, count in tally.by_rule.most_common(3))
        raise NothingProduced(
            "no evolved task got through", reasons and f"eliminated by: {reasons}", "another teacher, or more seeds"
        )
    say(f"{settings.out}: {ledger.kept:,} rows, {evolved:,} of them evolved; {ledger.eliminated:,} eliminated.")
    if tally.by_rule:
        say("Eliminated by: " + ", ".join(f"{rule} {count:,}" for rule, count in tally.by_rule.most_common()))
