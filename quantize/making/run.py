"""The whole way in one go: merge, convert, compress, verify, and a card that tells it; what is done is not done twice.

Everything is made in a work folder beside the target. The model takes its final name only after it has been measured
and found good for its type; a run that was broken off goes on where it was.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import NothingProduced, cause_of
from assistant.ground.files import require_space, same_file, sync
from assistant.ground.locking import alone
from assistant.ground.progress import Progress
from quantize.compression.mixture import Mixture
from quantize.errors import QuantizeError
from quantize.lora.adapter import Adapter, open_adapters
from quantize.making.candidates import SEARCHED, Candidates
from quantize.making.card import Story, write_card
from quantize.making.order import Order, State, fingerprint
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


def run(order: Order, progress: Progress) -> Made:
    """Make the model of `order` and prove it.

    Raises:
        QuantizeError: a stage cannot be done.
        NothingProduced: the model lost more than its type allows; it lies in the work folder.
    """
    checkpoint = open_checkpoint(order.checkpoint)
    find_architecture(checkpoint)
    if any(same_file(order.out, tensor.file) for tensor in checkpoint.tensors.values()):
        raise QuantizeError(
            f"cannot write {order.out}", "it is a file of the checkpoint itself", "another name after -o"
        )
    if order.out.is_dir():
        raise QuantizeError(f"cannot write {order.out}", "it is a folder", f"-o {order.out / 'model.gguf'}")
    adapters = open_adapters(order.adapters) if order.adapters else None
    with _work_folder(order) as work:
        state = State(work / "state.json", fingerprint(order))
        base, candidate = work / "base.gguf", work / "model.gguf"
        if not state.has("base", base):
            _require_room(order, adapters)
            convert(
                order.checkpoint,
                base,
                kind=_base_kind(order, adapters),
                patch=adapters,
                pre_tokenizer=order.pre_tokenizer,
                progress=progress,
            )
            state.done("base", base)
        small = checkpoint.bytes <= SEARCHED
        verdict, mixture = Candidates(order, base, state, progress, unasked=small).best()
        _require_good(order, work, verdict)
        scores = _scores(order, work, base, candidate, progress) if order.evaluate else None
        return _finish(order, work, verdict, mixture, scores)


def _scores(order: Order, work: Path, base: Path, candidate: Path, progress: Progress) -> tuple[float, float]:
    before, after = (
        pass_at_1(path, order.evaluate, order.limit, work / f"{path.stem}.{order.evaluate}.json", order.data)
        for path in (base, candidate)
    )
    progress.note(f"{order.evaluate}: pass@1 {before:.1%} before, {after:.1%} after")
    return before, after


def _require_good(order: Order, work: Path, verdict: Verdict) -> None:
    faults = verdict.faults(order.kind)
    if faults and not order.accept:
        hint = "a larger --type, --importance FILE, or --accept to take it as it is"
        what = f"{order.kind.name} is not good enough for this model, so there is no {order.out.name}"
        raise NothingProduced(what, f"{' and '.join(faults)} (the model lies in {work})", hint)


def _finish(
    order: Order, work: Path, verdict: Verdict, mixture: Mixture | None, scores: tuple[float, float] | None
) -> Made:
    candidate = work / "model.gguf"
    faults, outline = verdict.faults(order.kind), read_outline(candidate)
    story = Story(
        order.checkpoint,
        order.kind,
        verdict,
        tuple(path.resolve().name for path, _ in order.adapters),
        tuple(faults),
        order.evaluate,
        scores,
        mixture.sentence(verdict.kl_mean) if mixture else "",
    )
    files = write_card(order.out, outline, story)
    sync(candidate)
    candidate.replace(order.out)
    sync(order.out.parent)
    if order.keep_base:
        (work / "base.gguf").replace(order.out.with_name(f"{order.out.stem}.base.gguf"))
    shutil.rmtree(work, ignore_errors=True)
    about = (outline.architecture, outline.parameters, tuple(files))
    return Made(order.out, verdict, tuple(faults), *about, scores, mixture)


def _base_kind(order: Order, adapters: Adapter | None) -> Float:
    """f32 where that is cheap or the result itself is to be a float type, else the 16 bits that lose nothing.

    llama.cpp rounds what flows through a 16-bit matrix to 16 bits too, so an f32 base is the truer measure.
    """
    checkpoint = open_checkpoint(order.checkpoint)
    small = checkpoint.bytes < _CHEAP
    return "F32" if small or order.kind.name in ("F32", "F16", "BF16") else natural_kind(checkpoint, adapters)


def _require_room(order: Order, adapters: Adapter | None) -> None:
    checkpoint = open_checkpoint(order.checkpoint)
    values = sum(t.bytes // (4 if t.dtype == "F32" else 2) for t in checkpoint.tensors.values())
    wide = 4 if _base_kind(order, adapters) == "F32" else 2
    require_space(order.out.parent, int(values * (wide + order.kind.bits / 8)))


@contextlib.contextmanager
def _work_folder(order: Order) -> Iterator[Path]:
    """The folder for this target, locked against a second run of the same."""
    work = order.out.parent / f".{order.out.name}.work"
    if not order.out.parent.is_dir():
        hint = f"mkdir -p {order.out.parent}"
        raise QuantizeError(f"cannot write {order.out}", f"there is no folder {order.out.parent}", hint)
    taken = QuantizeError(f"cannot make {order.out}", "another wizard-quantize is making it right now")
    with contextlib.ExitStack() as held:
        try:
            work.mkdir(exist_ok=True)
            held.enter_context(alone(work / "lock", taken))
        except OSError as error:
            where = f"cannot write to {order.out.parent}"
            raise QuantizeError(where, cause_of(error), "another place after -o") from error
        for stray in work.glob(".*.partial"):
            stray.unlink(missing_ok=True)
        yield work
