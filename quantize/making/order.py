"""What a run is to make, and what of it is done: the order, and the notes in the work folder that let it go on.

Nothing is made or measured here.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from assistant.ground.files import write_whole
from quantize.compression.compress import Choices
from quantize.compression.mixture import Group
from quantize.compression.quant_types import QuantType
from quantize.llama_model import CONTEXT
from quantize.proof.verify import TEXT, TOKENS, Verdict

_FORMAT = 2
"""Raised when what is kept in a work folder changes its meaning."""


@dataclass(frozen=True)
class Order:
    """What is to be made of what.

    `checkpoint` is a folder, or for `compress` alone the unquantized GGUF file.
    """

    checkpoint: Path
    out: Path
    kind: QuantType
    adapters: tuple[tuple[Path, float], ...] = ()
    choices: Choices = field(default_factory=Choices)
    text: Path | None = None
    tokens: int = TOKENS
    pre_tokenizer: str | None = None
    accept: bool = False
    """Give it its final name even if more was lost than its type allows."""
    keep_base: bool = False
    evaluate: str = ""
    """A benchmark of wizard-train to score before and after, or nothing."""
    limit: int = 0
    data: Path | None = None
    within: float | None = None
    """The mean KL divergence to reach by keeping matrices in F16: 0 does without, None takes the type's own wish where
    the checkpoint is small and no tensor's type has been chosen."""


def fingerprint(order: Order) -> str:
    """Changes when any input does: files by name, size and time of change, and all choices."""
    folders = [order.checkpoint, *(path for path, _ in order.adapters)]
    files = sorted(p for folder in folders for p in folder.iterdir() if p.is_file())
    files += [p for p in (order.choices.importance, order.text or TEXT) if p is not None]
    seen = [(str(p.resolve()), p.stat().st_size, p.stat().st_mtime_ns) for p in files]
    weights = [weight for _, weight in order.adapters]
    what = [
        _FORMAT,
        seen,
        weights,
        order.kind.name,
        asdict(order.choices),
        order.tokens,
        CONTEXT,
        order.pre_tokenizer,
        order.within,
    ]
    return hashlib.sha256(json.dumps(what, default=str).encode()).hexdigest()


class State:
    """Which stages are done, in the work folder; another fingerprint forgets them all."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        self._path, self.folder = path, path.parent
        self._values: dict[str, Any] = {"fingerprint": fingerprint}
        with contextlib.suppress(OSError, ValueError):
            kept = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(kept, dict) and kept.get("fingerprint") == fingerprint:
                self._values = kept

    def has(self, stage: str, path: Path) -> bool:
        """Whether this stage has made `path` as it lies there."""
        return path.is_file() and self._values.get(stage) == path.stat().st_size

    def done(self, stage: str, path: Path) -> None:
        """Note that `path` is whole; what was made from an earlier base is forgotten."""
        self._values = (self._only("fingerprint") if stage == "base" else self._values) | {stage: path.stat().st_size}
        self._save()

    def forget_model(self) -> None:
        """Before another model takes the file's name: one mixture may be as long as the other."""
        self._values = self._only("fingerprint", "base", "groups", "losses")
        self._save()

    def _only(self, *names: str) -> dict[str, Any]:
        return {name: value for name, value in self._values.items() if name in names}

    def groups(self) -> list[Group]:
        """The groups of matrices in the plain model."""
        return [Group(**row) for row in self._values.get("groups", [])]

    def keep_groups(self, groups: list[Group]) -> None:
        """Note them; saved with the stage that follows."""
        self._values["groups"] = [asdict(group) for group in groups]

    def loss(self, what: str, measure: Callable[[], float]) -> float:
        """A mean KL divergence, measured if it is not known yet."""
        losses = self._values.get("losses", {})
        if what not in losses:
            found = measure()
            self._values["losses"] = {**self._values.get("losses", {}), what: found}
            self._save()
            return found
        return float(losses[what])

    def verdict(self) -> Verdict | None:
        """The last model's, if it has been measured."""
        kept = self._values.get("verdict")
        return Verdict(**kept) if kept else None

    def keep_verdict(self, verdict: Verdict) -> None:
        """Note it."""
        self._values["verdict"] = verdict.as_json()
        self._save()

    def _save(self) -> None:
        write_whole(self._path, json.dumps(self._values, indent=1))
