"""`wizard-quantize compress`: a GGUF file as a smaller one."""

from __future__ import annotations

import tempfile
from dataclasses import replace
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
    within: options.Within = None,
    parts: Annotated[int, typer.Option("--split", min=0, metavar="MB", help="Write parts of so many megabytes.")] = 0,
    progress: options.ProgressMode = "auto",
) -> None:
    """Quantize a GGUF file; `verify` says what it cost."""
    from quantize.compression.compress import Choices, require_target
    from quantize.compression.quant_types import find_type
    from quantize.making.candidates import compress_within
    from quantize.making.order import Order
    from quantize.writing.split import split

    options.require_one_choice(within, tensor)
    choices = Choices(
        overrides=options.tensor_types(tensor),
        embedding_type=embeddings,
        output_type=output,
        importance=importance,
        pure=pure,
    )
    order = Order(source, out, find_type(type_), choices=choices, within=within)
    part = parts * 1_000_000
    require_target(source, out)
    with options.progress(progress) as shown, tempfile.TemporaryDirectory(dir=out.parent, prefix=".split-") as scratch:
        made_at = Path(scratch, out.name) if parts else out
        done, loss, mixture = compress_within(replace(order, out=made_at), shown, part)
        names = split(made_at, out, part) if parts else []
    say(f"{out}: {order.kind.name}, {human_bytes(done.bytes)}, {done.bits_per_weight:.2f} bits per weight")
    if mixture:
        say(f"{mixture.sentence(loss)}; --within 0 keeps none")
    if names:
        say(f"split into {len(names)}: {names[0].name} …")
