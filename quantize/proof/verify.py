"""Is the smaller model still the same model? Measured against its base on text that neither has seen.

Perplexity, KL divergence and top-1 agreement come from a child process that owns llama.cpp (`measure_task`); here is
what they mean: each type of quantization has limits (`quant_types`), and beyond them a result is not called good.
"""

from __future__ import annotations

import tempfile
import unicodedata
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.ground.progress import Progress
from quantize.child import call
from quantize.compression.compress import compress
from quantize.compression.quant_types import QuantType, find_type
from quantize.llama_model import CONTEXT
from quantize.reading.text_file import read_text
from quantize.writing.gguf_file import read_outline

TOKENS = 4096
TEXT = Path(__file__).parent / "texts" / "held_out_code.txt"
"""Code in 18 languages that was written for this project, so that no model has been trained on it; kept as it is, so
that figures stay comparable."""


@dataclass(frozen=True)
class Verdict:
    """How much of the base model is left. Divergences are in nats, `bytes` is the file's size.

    `top1_or_tied` is the agreement with near ties forgiven: where the base model itself hardly prefers its choice
    (0.8 of the probability or more for the other), a change of it is no loss. `kl_weights`, where it was asked for, is
    the mean divergence with the weights expanded to f32 again: what quantizing them cost. The rest of `kl_mean` is the
    arithmetic, for what flows into a matrix of 8 bits or less is rounded to 8 bits by the processor's kernels, too.
    """

    perplexity_base: float
    perplexity: float
    kl_mean: float
    kl_p90: float
    kl_p99: float
    kl_max: float
    top1_agreement: float
    top1_or_tied: float
    largest_logit_error: float
    tokens: int
    tokens_per_second: float
    bytes: int
    bits_per_weight: float
    kl_weights: float | None = None

    def faults(self, kind: QuantType) -> list[str]:
        """Why this is not a good result for its type; empty when it is one."""
        found = []
        if self.kl_mean > kind.kl:
            found.append(f"mean KL divergence {self.kl_mean:.4g} is over {kind.kl:g}")
        if self.top1_or_tied < kind.agreement:
            found.append(f"top-1 agreement (near ties forgiven) {self.top1_or_tied:.1%} is under {kind.agreement:.1%}")
        return found

    def as_json(self) -> dict[str, Any]:
        """The fields under their names."""
        return asdict(self)


def verify(
    model: Path,
    against: Path,
    *,
    text: Path | None = None,
    tokens: int = TOKENS,
    context: int = CONTEXT,
    weights: bool = False,
    speed: bool = True,
    progress: Progress | None = None,
) -> Verdict:
    """Measure the GGUF file `model` against `against`, a GGUF file or a checkpoint folder.

    Args:
        text: held-out text; the code that comes with the program when None.
        tokens: how much of it is read at most.
        context: tokens in one piece, each piece starting afresh.
        weights: measure the weights alone, too; it takes as long again, and room for them in f32 beside the model.
        speed: measure tokens per second, too; 0 if not.

    Raises:
        QuantizeError: a file cannot be read, or the two have different vocabularies.
    """
    read_outline(model)
    if not against.is_dir():
        read_outline(against)
    request = {
        "model": str(model),
        "against": str(against),
        "text": unicodedata.normalize("NFC", read_text(text or TEXT)),
        "tokens": tokens,
        "context": context,
        "speed": speed,
    }
    report = progress.update if progress else None
    measured = call("measure", request, report)
    alone = None
    if weights:
        with tempfile.TemporaryDirectory(prefix=".weights-", dir=model.parent) as scratch:
            plain = Path(scratch) / "f32.gguf"
            compress(model, plain, find_type("F32"), progress=progress)
            alone = call("measure", request | {"model": str(plain), "speed": False}, report)["kl_mean"]
    return Verdict(**measured, bytes=model.stat().st_size, kl_weights=alone)
