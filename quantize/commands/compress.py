"""`wizard-quantize compress`: a GGUF file as a smaller one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.ground.files import human_bytes
from assistant.ground.terminal import say
from quantize.commands import options


def compress(
    source: Annotated[Path, typer.Argument(metavar="IN.gguf", help="The model, best unquantized.")],
    out: options.Out,
    type_: options.Type = "Q4_K_M",
    importance: options.Importance = None,
    tensor: options.Tensors = [],  # noqa: B006 - typer reads the default and nobody changes it
    embeddings: Annotated[str, typer.Option(metavar="TYPE", help="Another type for the token embeddings.")] = "",
    output: Annotated[str, typer.Option(metavar="TYPE", help="Another type for the output matrix.")] = "",
    pure: Annotated[
        bool, typer.Option("--pure", help="One type for all matrices, without llama.cpp's mixtures.")
    ] = False,
    parts: Annotated[int, typer.Option("--split", min=0, metavar="MB", help="Write parts of so many megabytes.")] = 0,
    progress: options.ProgressMode = "auto",
) -> None:
    """Quantize a GGUF file; `verify` says what it cost."""
    from quantize.compress import Choices
    from quantize.compress import compress as write
    from quantize.quant_types import find_type

    choices = Choices(
        overrides=options.tensor_types(tensor),
        embedding_type=embeddings,
        output_type=output,
        importance=importance,
        pure=pure,
    )
    kind = find_type(type_)
    with options.progress(progress) as shown:
        done = write(source, out, kind, choices, shown)
    say(f"{out}: {kind.name}, {human_bytes(done.bytes)}, {done.bits_per_weight:.2f} bits per weight")
    if parts:
        from quantize.split import split

        names = split(out, out, parts * 1_000_000)
        out.unlink()
        say(f"split into {len(names)}: {names[0].name} …")
