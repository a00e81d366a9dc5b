"""`wizard-quantize types`: what a model can be quantized to."""

from __future__ import annotations

import typer


def types() -> None:
    """List the quantization types, largest first."""
    from quantize.compression.quant_types import QUANT_TYPES

    typer.echo(f"{'type':<11}{'bits':>6}  {'KL up to':>9}  {'agreement':>9}")
    for row in QUANT_TYPES.values():
        note = "needs --importance" if row.needs_importance else row.note
        typer.echo(f"{row.name:<11}{row.bits:>6.2f}  {row.kl:>9.4g}  {row.agreement:>9.1%}  {note}".rstrip())
