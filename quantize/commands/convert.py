"""`wizard-quantize convert`: a checkpoint (and adapters) as an unquantized GGUF file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.ground.files import human_bytes
from assistant.ground.terminal import say
from quantize.commands import options


def convert(
    checkpoint: Annotated[
        Path, typer.Argument(metavar="CHECKPOINT", help="Folder with config.json and *.safetensors.")
    ],
    out: options.Out,
    float_: options.FloatKind = "",
    adapter: options.Adapters = [],  # noqa: B006 - typer reads the default and nobody changes it
    pre_tokenizer: options.PreTokenizer = "",
    progress: options.ProgressMode = "auto",
) -> None:
    """Write CHECKPOINT as a GGUF file in f16, bf16 or f32, merging LoRA adapters on the way."""
    from quantize.lora.adapter import open_adapters
    from quantize.writing.convert import convert as write

    kind, adapters = options.float_kind(float_), options.all_weighted(adapter)
    patch = open_adapters(adapters) if adapters else None
    with options.progress(progress) as shown:
        done = write(checkpoint, out, kind=kind, patch=patch, pre_tokenizer=pre_tokenizer or None, progress=shown)
    say(
        f"{out}: {done.architecture}, {done.kind.lower()}, {done.parameters:,} parameters in {done.tensors} tensors, "
        f"{human_bytes(done.bytes)}"
    )
