"""Flags that several commands share, and how their values are read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer

from assistant.errors import UsageError
from assistant.ground.progress import Mode, Progress
from assistant.ground.weights import weighted
from quantize.writing.floats import Float

Out = Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="Where the result goes.", show_default=False)]
Type = Annotated[str, typer.Option("--type", metavar="TYPE", help="Quantization type: wizard-quantize types.")]
ProgressMode = Annotated[
    Literal["auto", "json", "none"],
    typer.Option("--progress", help="A bar on a terminal (auto), one JSON object a line on stderr, or nothing."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
FloatKind = Annotated[
    str,
    typer.Option("--float", metavar="f16|bf16|f32", help="Type of the matrices; what the checkpoint has if left out."),
]
Adapters = Annotated[
    list[str],
    typer.Option("--adapter", metavar="LORA[=WEIGHT]", help="A peft LoRA folder to merge; may be given several times."),
]
Importance = Annotated[
    Path | None, typer.Option("--importance", metavar="FILE", help="Importance matrix: wizard-quantize importance.")
]
Tensors = Annotated[
    list[str],
    typer.Option("--tensor", metavar="PATTERN=TYPE", help="Another type for tensors whose names match; repeatable."),
]
PreTokenizer = Annotated[
    str,
    typer.Option(
        "--pre-tokenizer", metavar="NAME", help="llama.cpp's name of it, for a tokenizer that is not recognised."
    ),
]

Within = Annotated[
    float | None,
    typer.Option(
        min=0,
        metavar="KL",
        help="Keep the most sensitive matrices in F16 until the mean KL divergence is no more than this; 0 keeps none. "
        "If left out: 0.001 for Q8_0 of small models (run: up to 1.6 GB, compress: 600 MB) without other choices, else 0.",
        show_default=False,
    ),
]


def progress(mode: str) -> Progress:
    """The progress of a command; use as a context manager."""
    return Progress(cast(Mode, mode))


def float_kind(name: str) -> Float | None:
    """The float type of this name, None for the empty one.

    Raises:
        UsageError: there is no such type.
    """
    if not name:
        return None
    if name.upper() not in ("F16", "BF16", "F32"):
        raise UsageError(f"there is no float type {name}", "known: f16, bf16, f32")
    return cast(Float, name.upper())


def all_weighted(adapters: list[str]) -> tuple[tuple[Path, float], ...]:
    """Adapter folders with their weights, 1 where none is given.

    Raises:
        UsageError: a weight is no number.
    """
    return tuple(map(weighted, adapters))


def tensor_types(rows: list[str]) -> tuple[tuple[str, str], ...]:
    """(pattern, type) pairs of `--tensor`.

    Raises:
        UsageError: a row has no type, or one that ggml does not know.
    """
    from gguf import GGMLQuantizationType

    pairs = []
    for text in rows:
        pattern, equals, name = text.rpartition("=")
        if not equals or not pattern or name.upper() not in GGMLQuantizationType.__members__:
            raise UsageError(f"cannot read --tensor {text}", "it takes PATTERN=TYPE", "--tensor 'ffn_down=q6_K'")
        pairs.append((pattern, name.upper()))
    return tuple(pairs)


def require_one_choice(within: float | None, tensor: list[str]) -> None:
    """Refuse `--within` together with `--tensor`.

    Raises:
        UsageError: both are given.
    """
    if within and tensor:
        why = "either it chooses the matrices or you do"
        raise UsageError("cannot take --within with --tensor", why, "leave one of them out")


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    import json

    typer.echo(json.dumps(value, indent=2))
