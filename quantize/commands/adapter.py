"""`wizard-quantize adapter`: a LoRA that stays apart from its model, for hot loading."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.ground.terminal import say
from quantize.commands import options


def adapter(
    lora: Annotated[Path, typer.Argument(metavar="LORA", help="A folder as peft saves it.")],
    base: Annotated[Path, typer.Option(metavar="CHECKPOINT", help="The checkpoint that it was trained on.")],
    out: options.Out,
) -> None:
    """Write a peft LoRA as a GGUF adapter that llama.cpp loads beside its model."""
    from quantize.lora.adapter_gguf import write_adapter

    done = write_adapter(lora, base, out)
    say(f"{out}: {done.tensors} matrices, rank {done.rank}")
