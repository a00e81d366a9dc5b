"""`wizard-train evaluate` from start to end: problems, completions, verdicts, report.

The sandbox is opened first: where none holds, nothing is generated and nothing runs. Completions and outcomes are
written down as they come, beside the report; run again, the work goes on where it stopped.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.errors import UsageError
from assistant.ground.files import write_whole
from assistant.ground.progress import Mode, Progress
from assistant.ground.terminal import say
from assistant.sandbox.sandbox import Sandbox
from trainer.errors import TrainerError
from trainer.evaluate import report as reports
from trainer.evaluate.benchmarks.table import benchmark as find_benchmark
from trainer.evaluate.combine import compare as compare_reports
from trainer.evaluate.combine import merge, read_report, read_reports
from trainer.evaluate.execute import Outcome, Sample, judge
from trainer.evaluate.generate import Decoding, generate, samples_of
from trainer.evaluate.problem import Benchmark, Left, Problem
from trainer.evaluate.report import Report
from trainer.evaluate.samples import Journal, digest, read_samples
from trainer.evaluate.sources import load
from trainer.evaluate.words import compared, summary, write_pages
from trainer.generators.generator import GeneratorOptions, open_generator, require_model


@dataclass(frozen=True)
class Settings:
    """What `wizard-train evaluate` was asked for; `shard` is (number from 1, of how many)."""

    out: Path
    benchmarks: tuple[str, ...]
    model: str = ""
    completions: Path | None = None
    data: Path | None = None
    decoding: Decoding = field(default_factory=Decoding)
    options: GeneratorOptions = field(default_factory=GeneratorOptions)
    limit: int = 0
    shard: tuple[int, int] = (1, 1)
    seconds: float = 0.0
    parallel: int = 0
    unsafe: bool = False
    progress: Mode = "auto"
    compare: Path | None = None


def run(settings: Settings) -> dict[str, Any]:
    """Evaluate and write the report; returns the document.

    Raises:
        TrainerError: something is missing or broken; also when the sandbox itself failed for a sample (the report
            is written, and says for which).
        SandboxMissing: there is no sandbox on this machine; nothing was run.
    """
    rows = [find_benchmark(name) for name in settings.benchmarks]
    if settings.completions is not None and len(rows) != 1:
        raise UsageError("--completions needs one benchmark", f"{len(rows)} were named", "--benchmark humaneval")
    if settings.model:
        require_model(settings.model)
    loaded = [(row, *_problems(row, settings)) for row in rows]
    imports = sorted({name for row in rows for name in row.imports})
    others = read_reports(settings.compare) if settings.compare else {}
    if settings.compare and not any(row.name in others for row in rows):
        why = f"it is about {', '.join(others)}"
        raise TrainerError(f"cannot compare with {settings.compare}", why, f"--benchmark {next(iter(others))}")
    require_folder(settings.out)
    documents: list[dict[str, Any]] = []
    with contextlib.ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox(settings.parallel, imports, unsafe=settings.unsafe))
        backend = sandbox.backend
        progress = stack.enter_context(Progress(settings.progress))
        writer = _Writer(settings)
        stack.callback(writer.close)
        for row, problems, left in loaded:
            stem = settings.out.with_suffix(f".{row.name}" if len(rows) > 1 else "")
            documents.append(_one(settings, row, problems, left, sandbox, backend, writer, stem, progress))
    return _finish(settings.out, documents, others)


def join(out: Path, parts: Sequence[Path], compare: Path | None) -> dict[str, Any]:
    """Merge the reports of shards into one and write it.

    Raises:
        TrainerError: they do not belong together.
    """
    return _finish(out, [merge([read_report(part) for part in parts])], read_reports(compare) if compare else {})


def _finish(out: Path, documents: list[dict[str, Any]], others: dict[str, Report]) -> dict[str, Any]:
    """Write report, page and picture, and say what is in them."""
    for part in documents:
        if other := others.get(part["benchmark"]):
            part["compared"] = compared(part, other, compare_reports(part, other))
    document = documents[0] if len(documents) == 1 else _joined(documents)
    write_whole(out, json.dumps(document, indent=1) + "\n")
    write_pages(out, documents)
    say(summary(documents))
    for part in documents:
        if "compared" in part:
            say(part["compared"])
    errors = sum(part["sandbox_errors"] for part in documents)
    if errors:
        raise TrainerError(
            f"{errors} sample(s) could not be judged",
            "the sandbox itself failed; they count as neither pass nor fail",
            "wizard-tui doctor, then the same command again",
        )
    return document


def require_folder(out: Path) -> None:
    """Raise where the report could not be written, before anything is begun."""
    if not out.parent.is_dir():
        raise TrainerError(f"cannot write {out}", f"there is no folder {out.parent}", f"mkdir -p {out.parent}")


class _Writer:
    """The model, opened when the first completion is missing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._generator: Any = None

    @property
    def generator(self) -> Any:
        if self._generator is None:
            self._generator = open_generator(self._settings.model, self._settings.options)
        return self._generator

    def close(self) -> None:
        if self._generator is not None:
            self._generator.close()


def _one(
    settings: Settings,
    row: Benchmark,
    problems: list[Problem],
    left: list[Left],
    sandbox: Sandbox,
    backend: str,
    writer: _Writer,
    stem: Path,
    progress: Progress,
) -> dict[str, Any]:
    """Completions, verdicts and the document of one benchmark."""
    begun = time.monotonic()
    if settings.completions is not None:
        samples, strange = read_samples(settings.completions, problems)
        if strange:
            progress.note(f"{strange} row(s) of {settings.completions} are of no problem that is evaluated here")
    else:
        samples = _written(settings, row, problems, writer, stem, progress)
    written = time.monotonic()
    outcomes = _judged(settings, row, problems, samples, sandbox, backend, stem, progress)
    told = {
        "prompt": settings.decoding.style if settings.completions is None else "",
        "temperature": settings.decoding.temperature if settings.completions is None else None,
        "top_p": settings.decoding.top_p if settings.completions is None else None,
        "max_tokens": settings.decoding.max_tokens if settings.completions is None else None,
        "seed": settings.decoding.seed if settings.completions is None else None,
        "completions": str(settings.completions or ""),
        "limit": settings.limit,
        "shard": f"{settings.shard[0]}/{settings.shard[1]}",
        "sandbox": backend,
        "unsafe_no_sandbox": settings.unsafe,
    }
    return reports.build(
        model=settings.model or str(settings.completions),
        benchmark=row.name,
        outcomes=outcomes,
        order=[problem.id for problem in problems],
        groups={problem.id: problem.group for problem in problems},
        settings=told,
        left=left,
        seconds={"writing": written - begun, "judging": time.monotonic() - written},
    )


def _problems(row: Benchmark, settings: Settings) -> tuple[list[Problem], list[Left]]:
    problems = load(row, settings.data)
    kept = [problem for problem in problems if not row.left_out(problem)]
    left = [Left(problem.id, row.left_out(problem)) for problem in problems if row.left_out(problem)]
    if settings.limit:
        kept = kept[: settings.limit]
    number, total = settings.shard
    kept = kept[number - 1 :: total]
    if not kept:
        raise TrainerError(
            f"nothing of {row.title} is left to evaluate",
            left[0].why if left else "the shard is empty",
            "a smaller shard",
        )
    return kept, left


def _written(
    settings: Settings, row: Benchmark, problems: list[Problem], writer: _Writer, stem: Path, progress: Progress
) -> list[Sample]:
    decoding = settings.decoding
    asked = {"model": settings.model, "benchmark": row.name, **vars(decoding)}
    # More samples or another limit only add requests, so they do not make a new file necessary.
    asked.pop("samples")
    if settings.options.adapters:
        asked["adapters"] = list(settings.options.adapters)
    with Journal(stem.with_name(stem.name + ".samples.jsonl"), asked) as journal:
        done = {(r["task_id"], r["sample"]) for r in journal.rows}
        if all((p.id, n) in done for p in problems for n in range(decoding.samples)):
            return [s for s in samples_of(journal, problems) if s.number < decoding.samples]
        samples = generate(writer.generator, row, problems, decoding, journal, progress)
        return [sample for sample in samples if sample.number < decoding.samples]


def _judged(
    settings: Settings,
    row: Benchmark,
    problems: Sequence[Problem],
    samples: Sequence[Sample],
    sandbox: Sandbox,
    backend: str,
    stem: Path,
    progress: Progress,
) -> list[Outcome]:
    title = f"{row.title}: judging"
    asked = {"benchmark": row.name, "seconds": settings.seconds, "sandbox": backend}
    marks = {(sample.problem, sample.number): digest(sample.completion) for sample in samples}
    with Journal(stem.with_name(stem.name + ".outcomes.jsonl"), asked) as journal:
        known = {
            (r["problem"], r["sample"]): reports.outcome_of(r)
            for r in journal.rows
            if marks.get((r["problem"], r["sample"])) == r["digest"] and r["state"] != "sandbox_error"
        }
        waiting = [sample for sample in samples if (sample.problem, sample.number) not in known]
        progress.update(title, len(known), len(samples), "samples")
        passed = sum(outcome.passed for outcome in known.values())
        batch: list[dict[str, Any]] = []
        for count, outcome in enumerate(judge(problems, waiting, sandbox, settings.seconds), 1):
            key = (outcome.problem, outcome.sample)
            known[key] = outcome
            passed += outcome.passed
            batch.append({**outcome.row(), "digest": marks[key]})
            if len(batch) >= 10:
                journal.add(batch)
                batch = []
            done = len(samples) - len(waiting) + count
            progress.update(title, done, len(samples), "samples", passed=round(passed / len(known), 4))
        journal.add(batch)
    return list(known.values())


def _joined(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """One document over several benchmarks: what they have in common on top, the whole of each below."""
    return {
        "model": documents[0]["model"],
        "benchmark": ",".join(part["benchmark"] for part in documents),
        "problems": sum(part["problems"] for part in documents),
        "samples_per_problem": min(part["samples_per_problem"] for part in documents),
        "pass_at": {part["benchmark"]: part["pass_at"] for part in documents},
        "seconds": round(sum(part["seconds"] for part in documents), 3),
        "outcomes": [{"benchmark": part["benchmark"], **row} for part in documents for row in part["outcomes"]],
        "reports": [{k: v for k, v in part.items() if k != "outcomes"} for part in documents],
    }
