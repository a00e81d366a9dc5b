"""The whole way in one go: merge, convert, compress, verify, and a card that tells it; what is done is not done twice.

Everything is made in a work folder beside the target. The model takes its final name only after it has been measured
and found good for its type; a run that was broken off goes on where it was.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import NothingProduced
from assistant.ground.files import require_space, same_file, sync
from assistant.ground.progress import Progress
from quantize.compression.mixture import Mixture
from quantize.errors import QuantizeError
from quantize.lora.adapter import Adapter, open_adapters
from quantize.making.candidates import SEARCHED, Candidates
from quantize.making.card import Story, write_card
from quantize.making.job import Job, State, fingerprint
from quantize.proof.evaluate import pass_at_1
from quantize.proof.verify import Verdict
from quantize.reading.checkpoint import open_checkpoint
from quantize.writing.convert import convert
from quantize.writing.floats import Float
from quantize.writing.gguf_file import read_outline
from quantize.writing.plan import find_architecture, natural_kind

_CHEAP = 4 << 30
"""Checkpoints under this many bytes are measured against f32."""


@dataclass(frozen=True)
class Made:
    """What came of it."""

    out: Path
    verdict: Verdict
    faults: tuple[str, ...]
    architecture: str
    parameters: int
    files: tuple[Path, ...]
    pass_at_1: tuple[float, float] | None = None
    """Share of the benchmark's problems solved before and after."""
    mixture: Mixture | None = None
    """What was kept in F16, where anything was."""


def run(job: Job, progress: Progress) -> Made:
    """Make the model of `job` and prove it.

    Raises:
        QuantizeError: a stage cannot be done.
        NothingProduced: the model lost more than its type allows; it lies in the work folder.
    """
    checkpoint = open_checkpoint(job.checkpoint)
    find_architecture(checkpoint)
    if any(same_file(job.out, tensor.file) for tensor in checkpoint.tensors.values()):
        raise QuantizeError(f"cannot write {job.out}", "it is a file of the checkpoint itself", "another name after -o")
    if job.out.is_dir():
        raise QuantizeError(f"cannot write {job.out}", "it is a folder", f"-o {job.out / 'model.gguf'}")
    adapters = open_adapters(job.adapters) if job.adapters else None
    with _work_folder(job) as work:
        state = State(work / "state.json", fingerprint(job))
        base, candidate = work / "base.gguf", work / "model.gguf"
        if not state.has("base", base):
            _require_room(job, adapters)
            convert(
                job.checkpoint,
                base,
                kind=_base_kind(job, adapters),
                patch=adapters,
                pre_tokenizer=job.pre_tokenizer,
                progress=progress,
            )
            state.done("base", base)
        small = checkpoint.bytes <= SEARCHED
        verdict, mixture = Candidates(job, base, state, progress, unasked=small).best()
        _require_good(job, work, verdict)
        scores = _scores(job, work, base, candidate, progress) if job.evaluate else None
        return _finish(job, work, verdict, mixture, scores)


def _scores(job: Job, work: Path, base: Path, candidate: Path, progress: Progress) -> tuple[float, float]:
    before, after = (
        pass_at_1(path, job.evaluate, job.limit, work / f"{path.stem}.{job.evaluate}.json", job.data)
        for path in (base, candidate)
    )
    progress.note(f"{job.evaluate}: pass@1 {before:.1%} before, {after:.1%} after")
    return before, after


def _require_good(job: Job, work: Path, verdict: Verdict) -> None:
    faults = verdict.faults(job.kind)
    if faults and not job.accept:
        hint = "a larger --type, --importance FILE, or --accept to take it as it is"
        what = f"{job.kind.name} is not good enough for this model, so there is no {job.out.name}"
        raise NothingProduced(what, f"{' and '.join(faults)} (the model lies in {work})", hint)


def _finish(
    job: Job, work: Path, verdict: Verdict, mixture: Mixture | None, scores: tuple[float, float] | None
) -> Made:
    candidate = work / "model.gguf"
    faults, outline = verdict.faults(job.kind), read_outline(candidate)
    story = Story(
        job.checkpoint,
        job.kind,
        verdict,
        tuple(path.resolve().name for path, _ in job.adapters),
        tuple(faults),
        job.evaluate,
        scores,
        mixture.sentence(verdict.kl_mean) if mixture else "",
    )
    files = write_card(job.out, outline, story)
    sync(candidate)
    candidate.replace(job.out)
    sync(job.out.parent)
    if job.keep_base:
        (work / "base.gguf").replace(job.out.with_name(f"{job.out.stem}.base.gguf"))
    shutil.rmtree(work, ignore_errors=True)
    about = (outline.architecture, outline.parameters, tuple(files))
    return Made(job.out, verdict, tuple(faults), *about, scores, mixture)


def _base_kind(job: Job, adapters: Adapter | None) -> Float:
    """f32 where that is cheap or the result itself is to be a float type, else the 16 bits that lose nothing.

    llama.cpp rounds what flows through a 16-bit matrix to 16 bits too, so an f32 base is the truer measure.
    """
    checkpoint = open_checkpoint(job.checkpoint)
    small = checkpoint.bytes < _CHEAP
    return "F32" if small or job.kind.name in ("F32", "F16", "BF16") else natural_kind(checkpoint, adapters)


def _require_room(job: Job, adapters: Adapter | None) -> None:
    checkpoint = open_checkpoint(job.checkpoint)
    values = sum(t.bytes // (4 if t.dtype == "F32" else 2) for t in checkpoint.tensors.values())
    wide = 4 if _base_kind(job, adapters) == "F32" else 2
    require_space(job.out.parent, int(values * (wide + job.kind.bits / 8)))


@contextlib.contextmanager
def _work_folder(job: Job) -> Iterator[Path]:
    """The folder for this target, locked against a second run of the same."""
    work = job.out.parent / f".{job.out.name}.work"
    if not job.out.parent.is_dir():
        hint = f"mkdir -p {job.out.parent}"
        raise QuantizeError(f"cannot write {job.out}", f"there is no folder {job.out.parent}", hint)
    try:
        work.mkdir(exist_ok=True)
        lock = (work / "lock").open("w")
    except OSError as error:
        why = (error.strerror or "").lower()
        raise QuantizeError(f"cannot write to {job.out.parent}", why, "another place after -o") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise QuantizeError(f"cannot make {job.out}", "another wizard-quantize is making it right now") from error
        for stray in work.glob(".*.partial"):
            stray.unlink(missing_ok=True)
        yield work
