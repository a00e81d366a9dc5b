"""The child's side of `verify`: two models read the same text in lock-step, a block of tokens at a time.

At no time are there more logits than two blocks of them, whatever the length of the text (llama.cpp's own way writes
the base model's logits to a file of gigabytes). Keys and values are f32 in both, so that only the weights differ.
"""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from quantize.child import Report
from quantize.errors import QuantizeError
from quantize.llama_model import LlamaModel

if TYPE_CHECKING:
    import numpy as np

_BLOCK = 64
_SPEED_TOKENS = 32
_TIE = math.log(0.8)
"""A choice that the base gives this share of its best one's probability counts as tied with it."""


class Reader(Protocol):
    """A model that gives logits: a GGUF file or a checkpoint."""

    size: int

    def forget(self) -> None:
        """Begin a new text."""

    def logits(self, tokens: list[int], position: int) -> np.ndarray[Any, Any]:
        """Logits after each of `tokens`, which begin at `position`."""


class _Sums:
    """What has been measured so far; one number a token is kept for the percentiles."""

    def __init__(self) -> None:
        self.kl: list[float] = []
        self.loss_base = self.loss = 0.0
        self.agreed = self.tied = 0
        self.largest = 0.0

    def add(self, base: np.ndarray[Any, Any], other: np.ndarray[Any, Any], targets: np.ndarray[Any, Any]) -> None:
        """Count a block: logits of both models at the same positions, and the tokens that follow."""
        import numpy as np

        rows = np.arange(len(targets))
        difference = base - other
        self.largest = max(self.largest, float(np.abs(difference).max()))
        weights, log_base = _normalised(base)
        _, log_other = _normalised(other)
        divergence = np.einsum("ij,ij->i", weights, difference, dtype=np.float64) - log_base + log_other
        self.kl.extend(np.maximum(divergence, 0.0).tolist())
        self.loss_base += float((log_base - base[rows, targets]).sum())
        self.loss += float((log_other - other[rows, targets]).sum())
        choice = other.argmax(1)
        self.agreed += int((base.argmax(1) == choice).sum())
        self.tied += int((base[rows, choice] - base.max(1) >= _TIE).sum())


def _normalised(logits: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Probabilities, and the logarithm of what they were divided by (float64, for differences near zero)."""
    import numpy as np

    top = logits.max(1, keepdims=True)
    weights = np.exp(logits - top)
    total = weights.sum(1, dtype=np.float64)
    weights /= total[:, None].astype(np.float32)
    return weights, top[:, 0].astype(np.float64) + np.log(total)


def run(request: dict[str, Any], report: Report) -> dict[str, Any]:
    """Measure `model` against `against` on `text`; see `verify.Verdict` for what comes back."""
    context = int(request["context"])
    model = LlamaModel(Path(request["model"]), context)
    context = min(context, model.trained_context)
    tokens = model.tokenize(request["text"], special=True)
    chunks = _chunks(tokens, context, int(request["tokens"]), model.bos if model.adds_bos else None)
    if not chunks:
        raise QuantizeError("cannot verify", f"the text has {len(tokens)} tokens; it takes 64 at least")
    base = _open_base(request, context, model, tokens)
    sums, done = _Sums(), 0
    total = sum(len(chunk) for chunk in chunks)
    for chunk in chunks:
        model.forget()
        base.forget()
        _compare(model, base, chunk, sums)
        done += len(chunk)
        report("verify", done, total, "tokens", kl=sum(sums.kl) / max(len(sums.kl), 1))
    speed = _speed(model, chunks[0], context) if request["speed"] else 0.0
    return _result(sums, model) | {"tokens_per_second": speed}


def _chunks(tokens: list[int], context: int, limit: int, bos: int | None) -> list[list[int]]:
    step = context - (bos is not None)
    tokens = tokens[:limit]
    pieces = [tokens[i : i + step] for i in range(0, len(tokens), step)]
    start = [] if bos is None else [bos]
    return [start + piece for piece in pieces if len(piece) >= _BLOCK]


def _open_base(request: dict[str, Any], context: int, model: LlamaModel, tokens: list[int]) -> Reader:
    path = Path(request["against"])
    base: Reader
    if path.is_dir():
        from quantize.proof.transformers_model import TransformersModel

        base = TransformersModel(path)
        ids = base.tokenize(request["text"])
    else:
        gguf = LlamaModel(path, context)
        base, ids = gguf, gguf.tokenize(request["text"], special=True)
    if base.size != model.size:
        why = f"{request['model']} has {model.size:,} tokens and {path} has {base.size:,}"
        raise QuantizeError("cannot compare two models with different vocabularies", why)
    if ids != tokens:
        place = next(
            (i for i, (a, b) in enumerate(zip(ids, tokens, strict=False)) if a != b), min(len(ids), len(tokens))
        )
        why = f"their tokenizers split the text differently, first at token {place}"
        raise QuantizeError(f"cannot compare {request['model']} with {path}", why)
    return base


def _compare(model: LlamaModel, base: Reader, chunk: list[int], sums: _Sums) -> None:
    import numpy as np

    for start in range(0, len(chunk), _BLOCK):
        block = chunk[start : start + _BLOCK]
        targets = np.asarray(chunk[start + 1 : start + 1 + len(block)])
        mine, right = model.logits(block, start), base.logits(block, start)
        if len(targets):
            sums.add(right[: len(targets)], mine[: len(targets)], targets)


def _speed(model: LlamaModel, chunk: list[int], context: int) -> float:
    """Tokens a second, one at a time as in generation."""
    count = min(_SPEED_TOKENS, len(chunk) // 2, context // 2)
    model.forget()
    model.advance(chunk[:count], 0)
    started = time.perf_counter()
    for i in range(count):
        model.advance([chunk[count + i]], count + i)
    return count / (time.perf_counter() - started)


def _result(sums: _Sums, model: LlamaModel) -> dict[str, Any]:
    import numpy as np

    kl = np.asarray(sums.kl)
    if not np.isfinite(kl).all() or not math.isfinite(sums.loss):
        raise QuantizeError("the model is broken", "it computes values that are no numbers")
    count = len(kl)
    return {
        "perplexity_base": math.exp(min(sums.loss_base / count, 700)),
        "perplexity": math.exp(min(sums.loss / count, 700)),
        "kl_mean": float(kl.mean()),
        "kl_p90": float(np.percentile(kl, 90)),
        "kl_p99": float(np.percentile(kl, 99)),
        "kl_max": float(kl.max()),
        "top1_agreement": sums.agreed / count,
        "top1_or_tied": sums.tied / count,
        "largest_logit_error": sums.largest,
        "tokens": count,
        "bits_per_weight": 8 * model.bytes / model.parameters,
    }
