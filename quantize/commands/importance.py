"""`wizard-quantize importance`: what `--importance` takes, measured on calibration text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.ground.terminal import say
from quantize.commands import options


def importance(
    model: Annotated[Path, typer.Argument(metavar="IN.gguf", help="The unquantized model.")],
    text: Annotated[Path, typer.Option(metavar="FILE", help="Calibration text, or rows of fine-tuning data (JSONL).")],
    out: options.Out,
    tokens: Annotated[int, typer.Option(min=64, help="How many tokens of it.")] = 20_480,
    progress: options.ProgressMode = "auto",
) -> None:
    """Measure which columns of each matrix matter, in llama.cpp's own format."""
    from quantize.compression.importance import importance as measure

    with options.progress(progress) as shown:
        done = measure(model, text, out, tokens=tokens, progress=shown)
    say(f"{out}: {done.tensors} matrices measured on {done.tokens:,} tokens")
