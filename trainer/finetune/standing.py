"""How far a run has come: plain numbers that a checkpoint keeps, and the signals that end a run early.

Everything random in a step is seeded from the step's number, so these numbers and the tensors are the whole of a run.
"""

from __future__ import annotations

import contextlib
import math
import signal
import statistics
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from types import FrameType
from typing import Any

from trainer.errors import TrainerError
from trainer.recipe import Recipe

# Knobs that may change between a run and its resumption, because they change no step.
_FREE = {"output", "log", "checkpoint", "evaluate"}
_FREE_TRAIN = {"threads", "max_skipped"}
_REMEMBERED = 32


@dataclass
class Standing:
    """The state of a run that is not a tensor."""

    step: int = 0
    """Optimizer steps behind it."""
    loss_first: float | None = None
    loss_last: float | None = None
    dev_loss_before: float | None = None
    dev_loss: float | None = None
    best: float | None = None
    """Lowest held-out loss, and the step it was at."""
    best_step: int | None = None
    stale: int = 0
    """Evaluations since then."""
    skipped: list[int] = field(default_factory=list)
    """Steps that were not taken, for their loss or gradient."""
    recent: list[float] = field(default_factory=list)
    """Losses of the last steps."""
    seconds: float = 0.0
    tokens: int = 0
    scaler: dict[str, Any] = field(default_factory=dict)
    """fp16: the state of the loss scaler."""

    def as_state(self, recipe: Recipe, digest: str) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {**asdict(self), "recipe": binding(recipe), "data": digest}

    @classmethod
    def from_state(cls, state: dict[str, Any], recipe: Recipe, digest: str) -> Standing:
        """The standing that a checkpoint kept.

        Raises:
            TrainerError: it belongs to another recipe or other data.
        """
        require_same(state, recipe)
        if state.get("data") != digest:
            raise TrainerError(
                f"cannot go on in {recipe.output}", "the training data has changed since", "another --set output=FOLDER"
            )
        return cls(**{key: state[key] for key in cls.__dataclass_fields__ if key in state})

    def saw(self, loss: float) -> None:
        """Remember a step's loss."""
        self.loss_first = loss if self.loss_first is None else self.loss_first
        self.loss_last = loss
        self.recent = [*self.recent, loss][-_REMEMBERED:]

    def saw_dev(self, loss: float) -> bool:
        """Remember a held-out loss; whether it is the best so far."""
        self.dev_loss_before = loss if self.dev_loss_before is None else self.dev_loss_before
        self.dev_loss = loss
        better = self.best is None or loss < self.best
        if better:
            self.best, self.best_step, self.stale = loss, self.step, 0
        else:
            self.stale += 1
        return better

    def refusal(self, loss: float, norm: float, spike_factor: float) -> str:
        """Why the step with this loss and gradient norm must not be taken, or nothing."""
        if not math.isfinite(loss):
            return f"its loss is {loss}"
        if not math.isfinite(norm):
            return f"its gradient is {norm}"
        usual = statistics.median(self.recent) if len(self.recent) >= 8 else 0.0
        if spike_factor and usual and loss > spike_factor * usual:
            return f"its loss {loss:.3g} is over {spike_factor:g} times the usual {usual:.3g}"
        return ""

    def skip(self, why: str, bound: int) -> None:
        """Note a step that is not taken.

        Raises:
            TrainerError: there were more than `bound`.
        """
        self.skipped.append(self.step)
        if len(self.skipped) > bound:
            raise TrainerError(
                f"stopped at step {self.step + 1:,}",
                f"{len(self.skipped)} steps had to be skipped; of this one, {why}",
                "a lower train.learning_rate, or train.max_skipped",
            )


def require_same(state: dict[str, Any], recipe: Recipe) -> None:
    """Raise a TrainerError where a run's `state["recipe"]` differs from `recipe` in a knob that decides its steps."""
    told, now = state.get("recipe") or {}, binding(recipe)
    for key in sorted(now.keys() | told.keys()):
        if told.get(key) != now.get(key):
            raise TrainerError(
                f"cannot go on in {recipe.output}",
                f"{key} was {told.get(key)!r} there and is {now.get(key)!r} now",
                "the old value, or another --set output=FOLDER",
            )


def binding(recipe: Recipe) -> dict[str, Any]:
    """The knobs that a resumed run must share, flat, as JSON gives them back."""
    flat: dict[str, Any] = {}
    for key, value in asdict(recipe).items():
        if key in _FREE:
            continue
        if not isinstance(value, dict):
            flat[key] = value
            continue
        for name, inner in value.items():
            if not (key == "train" and name in _FREE_TRAIN) and not (key == "data" and name in ("train", "dev")):
                flat[f"{key}.{name}"] = list(inner) if isinstance(inner, tuple) else inner
    return flat


class Stop:
    """Whether someone asked the run to end after the step under way; asked twice, it ends at once."""

    def __init__(self) -> None:
        self.asked = False

    @contextlib.contextmanager
    def listening(self, patient: bool) -> Iterator[Stop]:
        """Hear SIGINT and SIGTERM. Not `patient`: end at once (other processes would wait for this one)."""
        if threading.current_thread() is not threading.main_thread() or not patient:
            yield self
            return
        kinds = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(kind, self._hear) for kind in kinds]
        try:
            yield self
        finally:
            for kind, handler in zip(kinds, before, strict=True):
                signal.signal(kind, handler)

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
