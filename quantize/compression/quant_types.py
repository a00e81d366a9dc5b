"""The quantization types that llama.cpp offers: one row each, with what may be lost for the result to be called good.

`kl` and `agreement` are the limits of the mean KL divergence (in nats) and of the share of positions where the most
likely token stays the same, near ties forgiven. They are several times what llama.cpp publishes for Llama-3-8B (Q8_0
0.0014, Q6_K 0.0055, Q4_K_M 0.031, Q2_K 0.445), since models of a hundred million weights lose more; they tell a broken
result from a usual one and are no promise of quality. `wish` is the mean KL divergence that people take the type's name
for: `run` keeps matrices in F16 until it is reached.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import UsageError
from quantize.writing.gguf_file import read_outline


@dataclass(frozen=True)
class QuantType:
    """One type: `bits` per weight of its main format, and the limits of a good result."""

    name: str
    bits: float
    kl: float
    agreement: float
    needs_importance: bool = False
    note: str = ""
    wish: float = 0.0


_ROWS = (
    QuantType("F32", 32.0, 0.0005, 0.99, note="no loss"),
    QuantType("F16", 16.0, 0.002, 0.985, note="no loss worth the name"),
    QuantType("BF16", 16.0, 0.01, 0.97, note="no loss for a bf16 checkpoint"),
    QuantType("Q8_0", 8.5, 0.008, 0.96, note="nearly lossless", wish=0.001),
    QuantType("Q6_K", 6.56, 0.02, 0.94, note="very small loss"),
    QuantType("Q5_1", 6.0, 0.05, 0.91),
    QuantType("Q5_K_M", 5.67, 0.04, 0.92, note="small loss"),
    QuantType("Q5_K_S", 5.54, 0.05, 0.91),
    QuantType("Q5_0", 5.5, 0.06, 0.9),
    QuantType("Q4_1", 5.0, 0.16, 0.84),
    QuantType("Q4_K_M", 4.85, 0.12, 0.86, note="the usual choice"),
    QuantType("Q4_K_S", 4.58, 0.14, 0.85),
    QuantType("Q4_0", 4.5, 0.2, 0.82),
    QuantType("IQ4_NL", 4.5, 0.14, 0.85),
    QuantType("IQ4_XS", 4.25, 0.14, 0.85),
    QuantType("MXFP4_MOE", 4.25, 0.3, 0.8, note="for mixtures of experts"),
    QuantType("Q3_K_L", 4.27, 0.3, 0.78),
    QuantType("Q3_K_M", 3.91, 0.35, 0.77, note="noticeable loss"),
    QuantType("IQ3_M", 3.66, 0.35, 0.77),
    QuantType("Q3_K_S", 3.5, 0.5, 0.72),
    QuantType("IQ3_S", 3.44, 0.5, 0.74),
    QuantType("IQ3_XS", 3.3, 0.6, 0.72),
    QuantType("IQ3_XXS", 3.06, 0.7, 0.7, needs_importance=True),
    QuantType("Q2_K", 2.96, 1.0, 0.65, note="large loss"),
    QuantType("Q2_K_S", 2.96, 1.2, 0.62, needs_importance=True),
    QuantType("IQ2_M", 2.7, 1.0, 0.65, needs_importance=True),
    QuantType("IQ2_S", 2.5, 1.2, 0.6, needs_importance=True),
    QuantType("IQ2_XS", 2.31, 1.4, 0.58, needs_importance=True),
    QuantType("Q2_0", 2.25, 1.4, 0.58),
    QuantType("IQ2_XXS", 2.06, 1.8, 0.55, needs_importance=True),
    QuantType("TQ2_0", 2.06, 1.8, 0.5, note="for models trained in three values"),
    QuantType("IQ1_M", 1.75, 2.2, 0.45, needs_importance=True),
    QuantType("TQ1_0", 1.69, 1.8, 0.5, note="for models trained in three values"),
    QuantType("IQ1_S", 1.56, 2.5, 0.42, needs_importance=True),
    QuantType("Q1_0", 1.125, 2.5, 0.4),
)

QUANT_TYPES: dict[str, QuantType] = {row.name: row for row in _ROWS}

_ALIASES = {"Q3_K": "Q3_K_M", "Q4_K": "Q4_K_M", "Q5_K": "Q5_K_M"}


def find_type(name: str) -> QuantType:
    """The type of this name, in any case.

    Raises:
        UsageError: there is none; the nearest is named.
    """
    wanted = name.upper().replace("-", "_")
    wanted = _ALIASES.get(wanted, wanted)
    if wanted in QUANT_TYPES:
        return QUANT_TYPES[wanted]
    near = difflib.get_close_matches(wanted, QUANT_TYPES, 1, 0.3)
    why = f"the nearest is {near[0]}" if near else "it is none of llama.cpp's"
    raise UsageError(f"there is no quantization type {name}", why, "wizard-quantize types")


def type_of(model: Path) -> QuantType | None:
    """The type that a GGUF file says it is of, None where it says none that is known.

    Raises:
        QuantizeError: the file cannot be read.
    """
    from gguf import LlamaFileType

    number = read_outline(model).values.get("general.file_type")
    known = {int(row): row.name.removeprefix("MOSTLY_").removeprefix("ALL_") for row in LlamaFileType}
    return QUANT_TYPES.get(known.get(number, "")) if isinstance(number, int) else None
