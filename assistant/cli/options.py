"""Options that several commands share, spelled and explained once."""

from __future__ import annotations

from typing import Annotated

import typer

Model = Annotated[str | None, typer.Option("--model", "-m", metavar="NAME|FILE", help="The model to run.")]
Adapter = Annotated[
    list[str] | None, typer.Option("--adapter", metavar="FILE[=WEIGHT]", help="A LoRA adapter (GGUF) to run it with.")
]
MaxTokens = Annotated[int | None, typer.Option(min=1, metavar="N", help="The longest reply, in tokens.")]
Temperature = Annotated[
    float | None, typer.Option(min=0.0, max=5.0, metavar="T", help="Randomness; 0 always takes the likeliest token.")
]
Seed = Annotated[int | None, typer.Option(min=0, max=2**32 - 2, metavar="S", help="Makes a random reply repeatable.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
