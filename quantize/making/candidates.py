"""The models that `run` and `compress` try: plain, and with matrices kept in F16 where the plain one loses more than wished.

Each is made and measured in the work folder; which sets are worth trying is `mixture`'s to say.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from assistant.engine.gguf_file import TENSOR_TYPES
from assistant.ground.files import sync
from assistant.ground.progress import Progress
from quantize.compression.compress import Choices, Compressed, compress, require_target
from quantize.compression.mixture import FLOATS, Group, Mixture, groups_of, search
from quantize.making.order import Order, State
from quantize.proof.verify import Verdict, verify
from quantize.writing.gguf_file import Outline, read_outline

SEARCHED = 3 << 29
"""Up to so many bytes of checkpoint `run` makes the search for matrices to keep in F16 unasked."""

_SEARCHED_ALONE = 600_000_000
"""The same for `compress`, of which people expect no minutes."""

_SHORT = 1024
"""Tokens that each kind of matrix is tried on in that search."""


class Candidates:
    """Makes and measures the model, plain or with groups of matrices kept in F16; what is known is not done again."""

    def __init__(
        self, order: Order, base: Path, state: State, progress: Progress, *, unasked: bool, part: int = 0
    ) -> None:
        """`unasked`: the search is made though nobody named a bound; `part`: see `compress`; `state` names the work folder."""
        self._order, self._base, self._state, self._progress = order, base, state, progress
        self._model, self._trial = state.folder / "model.gguf", state.folder / "trial.gguf"
        self._unasked, self._part = unasked, part
        self._groups: list[Group] = []

    def best(self) -> tuple[Verdict, Mixture | None]:
        """The model that loses no more than was wished, if there is one, else the plain one; it lies in the work folder."""
        plain = self._settle(())
        within = self._within(plain)
        if not 0 < within < plain:
            return self._made(()), None
        self._groups = self._state.groups()
        kept = search(self._groups, within, plain, self._probe, self._settle)
        if not kept:
            self._progress.note(
                f"no choice of matrices in F16 brings the mean KL divergence down to {within:g}; --type F16 would"
            )
            return self._made(()), None
        mixture = Mixture(tuple(group.name for group in kept), sum(group.extra for group in kept), plain)
        return self._made(kept), mixture

    def _within(self, plain: float) -> float:
        order = self._order
        if order.within is not None:
            return order.within
        wish = 0.0 if order.choices.overrides else order.kind.wish
        if plain > wish > 0 and not self._unasked:
            self._progress.note(
                f"its mean KL divergence of {plain:.5f} is over {wish:g}; for so large a model, matrices to keep in F16 "
                f"are searched only when asked: --within {wish:g}"
            )
            return 0.0
        return wish

    def _made(self, kept: tuple[Group, ...]) -> Verdict:
        order, state = self._order, self._state
        stage = f"model {_key(kept)}".rstrip()
        if not state.has(stage, self._model):
            state.forget_model()
            compress(self._base, self._model, order.kind, _keeping(order.choices, kept), self._progress, self._part)
            if not kept:
                state.keep_groups(groups_of(read_outline(self._model)))
            state.done(stage, self._model)
        verdict = state.verdict()
        if verdict is None:
            verdict = verify(self._model, self._base, text=order.text, tokens=order.tokens, progress=self._progress)
            state.keep_verdict(verdict)
        return verdict

    def _settle(self, kept: tuple[Group, ...]) -> float:
        return self._state.loss(f"whole {_key(kept)}", lambda: self._made(kept).kl_mean)

    def _probe(self, kept: tuple[Group, ...]) -> float:
        order = self._order
        done = self._groups.index(kept[0]) + 1 if kept else 0

        def measure() -> float:
            compress(self._base, self._trial, order.kind, _keeping(order.choices, kept))
            tokens = min(order.tokens, _SHORT)
            tried = verify(self._trial, self._base, text=order.text, tokens=tokens, speed=False)
            self._trial.unlink()
            return tried.kl_mean

        loss = self._state.loss(f"short {_key(kept)}", measure)
        name = kept[0].name if kept else "none"
        self._progress.update("try in F16", done, len(self._groups), "groups", kept=name, kl=round(loss, 5))
        return loss


def compress_within(order: Order, progress: Progress, part: int = 0) -> tuple[Compressed, float, Mixture | None]:
    """Write `order.checkpoint`, here a GGUF file, to `order.out`, with matrices kept in F16 where that is wished.

    Returns:
        What was written, its mean KL divergence if that was measured (else -1), and what was kept.
    """
    source, out = order.checkpoint, order.out
    require_target(source, out)
    if not _worth_a_search(order, read_outline(source)):
        return compress(source, out, order.kind, order.choices, progress, part), -1.0, None
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as work:
        state = State(Path(work, "state.json"), "")
        verdict, mixture = Candidates(order, source, state, progress, unasked=True, part=part).best()
        model = Path(work, "model.gguf")
        sync(model)
        model.replace(out)
    sync(out.parent)
    written = Compressed(out, verdict.bytes, verdict.bits_per_weight, len(read_outline(out).tensors), 0)
    return written, verdict.kl_mean, mixture


def _worth_a_search(order: Order, source: Outline) -> bool:
    """Whether a bound is asked for, or is wished for the type and soon found; what is quantized already gains nothing."""
    quantized = any(TENSOR_TYPES[t.kind][0] not in FLOATS for t in source.tensors.values())
    if quantized or "split.count" in source.values:
        return False
    if order.within is not None:
        return order.within > 0
    plain = order.choices == Choices(importance=order.choices.importance)
    return plain and order.kind.wish > 0 and source.path.stat().st_size <= _SEARCHED_ALONE


def _key(kept: tuple[Group, ...]) -> str:
    return "+".join(group.name for group in kept)


def _keeping(choices: Choices, kept: tuple[Group, ...]) -> Choices:
    return replace(choices, overrides=(*choices.overrides, *((group.pattern, "F16") for group in kept)))
