"""What a run of `evolve` was asked for, and the seeds and checks that follow from it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.errors import UsageError
from assistant.ground.progress import Mode
from assistant.ground.terminal import say
from trainer.errors import TrainerError
from trainer.evolve.checking import exams
from trainer.evolve.checking.checks import Checks
from trainer.evolve.files.inspiration import seeds_from_code
from trainer.evolve.files.seeds import Report, fingerprint, read_seeds
from trainer.evolve.interfaces import with_interface
from trainer.generators.generator import GeneratorOptions
from trainer.records import Seed

_FAULTS_SHOWN = 20


@dataclass(frozen=True)
class Settings:
    """What the command line said; see `command` for what each means."""

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
    inspire: Path | None = None
    interfaces: bool = False
    shard: tuple[int, int] = (1, 1)
    decontaminate: str = exams.DEFAULT
    keep_secrets: bool = False
    keep_duplicates: bool = False
    judge: bool = False
    verify: bool = False
    verify_samples: int = 2
    exports: tuple[tuple[str, Path], ...] = ()
    preview: int = 0
    report: bool = True
    progress: Mode = "auto"

    @property
    def sources(self) -> tuple[Path, ...]:
        """All files and folders that seeds come from."""
        return (*self.seeds, *([self.inspire] if self.inspire else []))


def stream_seeds(settings: Settings, report: Report) -> Iterator[Seed]:
    """The seeds of this shard, the same ones each time."""
    both = [read_seeds(settings.seeds, report)] if settings.seeds else []
    if settings.interfaces:
        both = [filter(None, map(with_interface, seeds)) for seeds in both]
    if settings.inspire:
        both.append(seeds_from_code(settings.inspire, settings.seed, report))
    number, total = settings.shard
    chosen = itertools.islice(itertools.chain(*both), settings.limit or None)
    return itertools.islice(chosen, number - 1, None, total)


def count_seeds(settings: Settings) -> int:
    """Read all seeds once: how many there are, and what is wrong with the others, before anything else happens.

    Raises:
        TrainerError: there is no seed, or a source is damaged as a whole.
    """
    faults = 0

    def report(fault: str) -> None:
        nonlocal faults
        faults += 1
        if faults <= _FAULTS_SHOWN:
            say(fault)

    count = sum(1 for _ in stream_seeds(settings, report))
    if faults > _FAULTS_SHOWN:
        say(f"… and {faults - _FAULTS_SHOWN:,} more like these")
    if not count:
        names = ", ".join(map(str, settings.sources))
        why = f"none of what is there can be used ({faults:,} faults)" if faults else ""
        hint = ""
        if settings.interfaces and not faults:
            why = "--interfaces takes seeds that one Python function answers, and there is none"
            hint = "leave --interfaces out; of a pipeline: --set 'interfaces.seeds=[]'"
        raise TrainerError(f"no seeds in {names}", why, hint)
    return count


def sources_hash(settings: Settings) -> str:
    """What the seeds are, in one hash; of code that inspires, the picked symbols count."""
    if settings.inspire is None:
        return fingerprint(settings.seeds)
    import hashlib

    digest = hashlib.sha256(fingerprint(settings.seeds).encode())
    for seed in seeds_from_code(settings.inspire, settings.seed, lambda _fault: None):
        digest.update(seed.instruction.encode("utf-8", "replace"))
    return digest.hexdigest()


def check_out(settings: Settings) -> None:
    """Refuse a place for OUT that cannot be one.

    Raises:
        UsageError: it is a folder, in no folder, or one of the seeds' files.
    """
    out = settings.out
    if out.is_dir():
        raise UsageError(f"cannot write {out}", "it is a folder", f"-o {out / 'evolved.jsonl'}")
    if not out.parent.is_dir():
        raise UsageError(f"cannot write {out}", f"there is no folder {out.parent}", f"mkdir -p {out.parent}")
    if any(source.is_file() and out.exists() and source.samefile(out) for source in settings.seeds):
        raise UsageError(f"cannot write {out}", "it is also the file of seeds", "another -o")


def open_checks(settings: Settings, stack: ExitStack) -> tuple[Checks, dict[str, Any]]:
    """The checks of a run, but for near duplicates (they need OUT), and what the manifest says of them.

    Raises:
        TrainerError, UsageError: a benchmark that was asked for by name is missing, or a library is.
        SandboxMissing: `--verify`, and no sandbox holds here.
    """
    told: dict[str, Any] = {"judge": settings.judge, "near_duplicates": not settings.keep_duplicates}
    if settings.interfaces:
        told["interfaces"] = True
    masker = contamination = verifier = None
    if not settings.keep_secrets:
        from trainer.evolve.files.masking import SecretMasker

        masker = SecretMasker()
    told["secrets_masked"] = not settings.keep_secrets
    names = "" if settings.decontaminate == "none" else settings.decontaminate
    contamination, counts, missing = exams.find_benchmarks(
        names, None, required=names != exams.DEFAULT, by_name=settings.interfaces
    )
    told |= {"decontaminated": counts, "not_compared_with": missing}
    if missing:
        say(f"Not compared with {', '.join(missing)}: the problems are not on this machine (WIZARD_SHARED=FOLDER).")
    if settings.verify:
        from trainer.evolve.checking.verify import SandboxVerifier

        verifier = SandboxVerifier(settings.verify_samples)
        stack.callback(verifier.close)
        told |= {"verify_samples": settings.verify_samples, "sandbox": verifier.backend}
    return Checks(masker, contamination if counts else None, None, verifier, settings.judge), told
