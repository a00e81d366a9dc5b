"""One model in many types, side by side: size, bits per weight, what was lost, speed; and a plot of quality over size.

Each type is made in a scratch folder, measured against the source and removed again, so one of them is on the disk at
a time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.ground.extras import installing
from assistant.ground.files import replacing
from assistant.ground.progress import Progress
from quantize.compression.compress import Choices, compress
from quantize.compression.quant_types import QuantType
from quantize.errors import QuantizeError
from quantize.proof.verify import TOKENS, Verdict, verify

USUAL = ("Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q4_0", "Q3_K_M", "Q2_K")


@dataclass(frozen=True)
class Row:
    """One type: what it cost, or why it could not be made."""

    kind: QuantType
    verdict: Verdict | None
    why_not: str = ""


def compare_types(
    source: Path,
    kinds: Sequence[QuantType],
    choices: Choices,
    *,
    text: Path | None = None,
    tokens: int = TOKENS,
    progress: Progress | None = None,
) -> Iterator[Row]:
    """Quantize `source` to each of `kinds` and measure each against it; rows come as they are known."""
    progress = progress or Progress("none")
    with tempfile.TemporaryDirectory(prefix=".types-", dir=source.parent) as scratch:
        for kind in kinds:
            out = Path(scratch) / f"{kind.name}.gguf"
            try:
                compress(source, out, kind, choices, progress)
                row = Row(kind, verify(out, source, text=text, tokens=tokens, progress=progress))
            except QuantizeError as error:
                row = Row(kind, None, f"{error.what}: {error.why}")
            out.unlink(missing_ok=True)
            yield row


HEADING = (
    f"{'type':<10}{'size':>12}{'bits':>7}{'perplexity':>12}{'KL mean':>10}{'KL 99 %':>9}{'top 1':>8}{'tokens/s':>10}"
)


def as_line(row: Row) -> str:
    """A row of the table for a terminal, under `HEADING`."""
    v = row.verdict
    if v is None:
        return f"{row.kind.name:<10}  {row.why_not}"
    size = f"{v.bytes / 1e6:,.1f} MB"
    good = "  not good" if v.faults(row.kind) else ""
    return (
        f"{row.kind.name:<10}{size:>12}{v.bits_per_weight:>7.2f}{v.perplexity:>12.4f}{v.kl_mean:>10.5f}"
        f"{v.kl_p99:>9.4f}{v.top1_agreement:>8.1%}{v.tokens_per_second:>10.1f}{good}"
    )


def plot(rows: Sequence[Row], out: Path, title: str) -> None:
    """Draw mean KL divergence (logarithmic) over size as a picture (the ending says which format).

    Raises:
        QuantizeError: matplotlib is not installed, or does not know the ending.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise QuantizeError("cannot draw", "matplotlib is not installed", installing("train")) from error
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.add_subplot()
    points = [(r.kind.name, r.verdict) for r in rows if r.verdict is not None]
    axes.plot([v.bytes / 1e6 for _, v in points], [max(v.kl_mean, 1e-9) for _, v in points], "o-", linewidth=1)
    for name, v in points:
        axes.annotate(
            name, (v.bytes / 1e6, max(v.kl_mean, 1e-9)), textcoords="offset points", xytext=(6, 4), fontsize=8
        )
    axes.set_yscale("log")
    axes.set_xlabel("size (MB)")
    axes.set_ylabel("mean KL divergence (nats, lower is better)")
    axes.set_title(title)
    axes.grid(alpha=0.3)
    try:
        with replacing(out) as staged:
            figure.savefig(staged, format=out.suffix.lstrip(".") or "png", dpi=150)
    except ValueError as error:
        raise QuantizeError(
            f"cannot draw {out}", "the picture's format is not known", "a name that ends in .png or .svg"
        ) from error
