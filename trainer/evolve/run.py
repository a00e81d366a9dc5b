"""One run of `evolve`, from its settings to a finished set: validate, open, go through the rounds, say what came out."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import asdict, replace

from assistant.errors import NothingProduced
from assistant.ground.progress import Progress
from assistant.ground.terminal import say
from trainer.evolve.asking import Asking
from trainer.evolve.checking.near_duplicates import NearDuplicates
from trainer.evolve.files.exports import export
from trainer.evolve.files.ledger import Ledger, beside
from trainer.evolve.files.manifest import Manifest
from trainer.evolve.heuristics import weights
from trainer.evolve.rounds import Plan, evolve
from trainer.evolve.settings import Settings, check_out, count_seeds, open_checks, sources_hash, stream_seeds
from trainer.evolve.tally import Tally
from trainer.generators.generator import open_generator


def run(settings: Settings) -> None:
    """Make or finish the set at `settings.out`.

    Raises:
        TrainerError, UsageError: see the parts; nothing is written before the seeds and the teacher are sound.
        NothingProduced: not one task got through.
    """
    if not settings.preview:
        check_out(settings)
    drawn = weights(settings.weights)
    count = count_seeds(settings)
    asking = Asking(settings.task_tokens, settings.answer_tokens, settings.temperature, seed=settings.seed)
    with ExitStack() as stack:
        checks, told = open_checks(settings, stack)
        teacher = stack.enter_context(closing(open_generator(settings.teacher, settings.options)))
        plan = Plan(settings.rounds, settings.seed, drawn, asking, checks)
        if settings.preview:
            from trainer.evolve.telling.preview import preview

            preview(plan, stream_seeds(settings, lambda _fault: None), settings.preview, teacher)
            return
        manifest = Manifest(
            sources=tuple(map(str, settings.sources)),
            sources_sha256=sources_hash(settings),
            seeds=count,
            teacher=teacher.name,
            rounds=settings.rounds,
            seed=settings.seed,
            weights=drawn,
            asking=asdict(asking),
            checks=told,
            shard="/".join(map(str, settings.shard)),
        ).with_prompts()
        manifest.check_against(settings.out)
        manifest.write(settings.out)
        ledger = stack.enter_context(Ledger(settings.out, count))
        if not settings.keep_duplicates:
            twins = stack.enter_context(closing(NearDuplicates(settings.out)))
            plan = replace(plan, checks=replace(checks, twins=twins))
        progress = stack.enter_context(Progress(settings.progress))
        before = ledger.kept + ledger.eliminated
        if before:
            progress.note(f"Going on after {before:,} tasks that are done.")
        tally = Tally(progress, count * (settings.rounds + 1), before)
        evolve(plan, lambda: stream_seeds(settings, lambda _fault: None), ledger, teacher, tally)
        tally.finish()
        ledger.sync()
        replace(manifest, complete=True, kept=ledger.kept, eliminated=ledger.eliminated).write(settings.out)
    _finish(settings, ledger.kept, ledger.eliminated)


def _finish(settings: Settings, kept: int, eliminated: int) -> None:
    """The report, the exports, and what a person wants to know."""
    from trainer.evolve.telling.report import read_numbers, write_report

    beside(settings.out, "index.sqlite").unlink(missing_ok=True)
    numbers = read_numbers(settings.out)
    if settings.rounds and not numbers.evolved:
        reasons = ", ".join(f"{rule} {count}" for rule, count in numbers.by_rule.most_common(3))
        raise NothingProduced(
            "no evolved task got through", reasons and f"eliminated by: {reasons}", "another teacher, or more seeds"
        )
    say(f"{settings.out}: {kept:,} rows, {numbers.evolved:,} of them evolved; {eliminated:,} eliminated.")
    if numbers.by_rule:
        say("Eliminated by: " + ", ".join(f"{rule} {count:,}" for rule, count in numbers.by_rule.most_common()))
    if numbers.verified or numbers.unverified:
        say(f"Verified by running: {numbers.verified:,} of {numbers.verified + numbers.unverified:,} rows.")
    for form, place in settings.exports:
        say(f"{place}: {export(settings.out, form, place):,} rows as {form}")
    if settings.report:
        say(f"Report: {write_report(settings.out, numbers)}")
