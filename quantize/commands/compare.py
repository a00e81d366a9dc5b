"""`wizard-quantize compare`: one model in many types, as a table and a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.ground.visible import visible_line
from quantize.commands import options


def compare(
    source: Annotated[Path, typer.Argument(metavar="IN.gguf", help="The unquantized model.")],
    types: Annotated[str, typer.Option(metavar="TYPE,…", help="Which types; the usual ones if left out.")] = "",
    importance: options.Importance = None,
    text: Annotated[Path | None, typer.Option(metavar="FILE", help="Held-out text; code is built in.")] = None,
    tokens: Annotated[int, typer.Option(min=64, help="How many tokens of it.")] = 4096,
    picture: Annotated[Path | None, typer.Option("--plot", metavar="FILE.png", help="Draw quality over size.")] = None,
    json: options.Json = False,
    progress: options.ProgressMode = "auto",
) -> None:
    """Quantize to several types and show what each costs: size, loss, speed."""
    from quantize.compression.compress import Choices
    from quantize.compression.quant_types import find_type
    from quantize.proof.table import HEADING, USUAL, as_line, compare_types, plot

    kinds = [find_type(name.strip()) for name in (types.split(",") if types else USUAL)]
    rows = []
    with options.progress(progress) as shown:
        if not json:
            typer.echo(HEADING)
        for row in compare_types(
            source, kinds, Choices(importance=importance), text=text, tokens=tokens, progress=shown
        ):
            rows.append(row)
            if not json:
                typer.echo(visible_line(as_line(row)))
    if picture is not None:
        plot(rows, picture, f"{source.stem}: what each type costs")
    if json:
        told = [{"type": r.kind.name} | (r.verdict.as_json() if r.verdict else {"why_not": r.why_not}) for r in rows]
        options.print_json(told)
