"""The models that a run tries: plain, and with matrices kept in F16 where the plain one loses more than was wished.

Each is made and measured in the work folder; which sets are worth trying is `mixture`'s to say.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from assistant.ground.progress import Progress
from quantize.checkpoint import open_checkpoint
from quantize.compress import Choices, compress
from quantize.gguf_file import read_outline
from quantize.job import Job, State
from quantize.mixture import Group, Mixture, groups_of, search
from quantize.verify import Verdict, verify

_SEARCHED = 3 << 29
"""Up to so many bytes of checkpoint the search for matrices to keep in F16 is made unasked."""

_SHORT = 1024
"""Tokens that each kind of matrix is tried on in that search."""


class Candidates:
    """Makes and measures the model, plain or with groups of matrices kept in F16; what is known is not done again."""

    def __init__(self, job: Job, work: Path, state: State, progress: Progress) -> None:
        self._job, self._state, self._progress = job, state, progress
        self._base, self._model, self._trial = work / "base.gguf", work / "model.gguf", work / "trial.gguf"
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
        job = self._job
        if job.within is not None:
            return job.within
        wish = 0.0 if job.choices.overrides else job.kind.wish
        if plain > wish > 0 and open_checkpoint(job.checkpoint).bytes > _SEARCHED:
            self._progress.note(
                f"its mean KL divergence of {plain:.5f} is over {wish:g}; for so large a model, matrices to keep in F16 "
                f"are searched only when asked: --within {wish:g}"
            )
            return 0.0
        return wish

    def _made(self, kept: tuple[Group, ...]) -> Verdict:
        job, state = self._job, self._state
        stage = f"model {_key(kept)}".rstrip()
        if not state.has(stage, self._model):
            state.forget_model()
            compress(self._base, self._model, job.kind, _keeping(job.choices, kept), self._progress)
            if not kept:
                state.keep_groups(groups_of(read_outline(self._model)))
            state.done(stage, self._model)
        verdict = state.verdict()
        if verdict is None:
            verdict = verify(self._model, self._base, text=job.text, tokens=job.tokens, progress=self._progress)
            state.keep_verdict(verdict)
        return verdict

    def _settle(self, kept: tuple[Group, ...]) -> float:
        return self._state.loss(f"whole {_key(kept)}", lambda: self._made(kept).kl_mean)

    def _probe(self, kept: tuple[Group, ...]) -> float:
        job = self._job
        done = self._groups.index(kept[0]) + 1 if kept else 0

        def measure() -> float:
            compress(self._base, self._trial, job.kind, _keeping(job.choices, kept))
            tokens = min(job.tokens, _SHORT)
            tried = verify(self._trial, self._base, text=job.text, tokens=tokens, speed=False)
            self._trial.unlink()
            return tried.kl_mean

        loss = self._state.loss(f"short {_key(kept)}", measure)
        name = kept[0].name if kept else "none"
        self._progress.update("try in F16", done, len(self._groups), "groups", kept=name, kl=round(loss, 5))
        return loss


def _key(kept: tuple[Group, ...]) -> str:
    return "+".join(group.name for group in kept)


def _keeping(choices: Choices, kept: tuple[Group, ...]) -> Choices:
    return replace(choices, overrides=(*choices.overrides, *((group.pattern, "F16") for group in kept)))
