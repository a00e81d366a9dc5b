"""`wizard-quantize verify`: what a quantized model lost, in numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantize.commands import options


def verify(
    model: Annotated[Path, typer.Argument(metavar="IN.gguf", help="The model to be measured.")],
    against: Annotated[Path, typer.Option(metavar="BASE", help="Its unquantized GGUF file, or the checkpoint folder.")],
    text: Annotated[Path | None, typer.Option(metavar="FILE", help="Held-out text; code is built in.")] = None,
    tokens: Annotated[int, typer.Option(min=64, help="How many tokens of it.")] = 4096,
    weights: Annotated[
        bool,
        typer.Option("--weights", help="Measure the weights alone, too, without the rounding of what flows through."),
    ] = False,
    json: options.Json = False,
    progress: options.ProgressMode = "auto",
) -> None:
    """Compare a model with what it was made from: perplexity, KL divergence, top-1 agreement."""
    from quantize.compression.quant_types import type_of
    from quantize.proof.verify import verify as measure

    with options.progress(progress) as shown:
        verdict = measure(model, against, text=text, tokens=tokens, weights=weights, progress=shown)
    kind = type_of(model)
    faults = verdict.faults(kind) if kind else []
    if json:
        options.print_json(verdict.as_json() | {"type": kind.name if kind else None, "faults": faults})
        return
    rows = [
        ("perplexity", f"{verdict.perplexity:.4f} (base {verdict.perplexity_base:.4f})"),
        ("KL divergence, mean", f"{verdict.kl_mean:.6f}"),
        ("  90 %, 99 %, largest", f"{verdict.kl_p90:.6f}, {verdict.kl_p99:.6f}, {verdict.kl_max:.4f}"),
        *([("  of the weights alone", f"{verdict.kl_weights:.6f}")] if verdict.kl_weights is not None else []),
        ("same most likely token", f"{verdict.top1_agreement:.2%} of {verdict.tokens:,}"),
        ("largest logit error", f"{verdict.largest_logit_error:.4f}"),
        ("size", f"{verdict.bytes:,} bytes, {verdict.bits_per_weight:.2f} bits per weight"),
        ("speed here", f"{verdict.tokens_per_second:.1f} tokens/s"),
    ]
    if kind:
        limits = f"for {kind.name}: up to {kind.kl:g}, agreement from {kind.agreement:.0%}"
        rows.append(("judgement", f"not good: {' and '.join(faults)}" if faults else f"good {limits}"))
    for name, value in rows:
        typer.echo(f"{name:<24}{value}")
