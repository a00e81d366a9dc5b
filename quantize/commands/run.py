"""`wizard-quantize run`: from checkpoint to a proven, quantized GGUF file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.ground.files import human_bytes
from assistant.ground.terminal import say
from quantize.commands import options
from quantize.errors import QuantizeError

if TYPE_CHECKING:
    from quantize.making.run import Made

_Accept = Annotated[bool, typer.Option("--accept", help="Keep the model even if it lost more than its type allows.")]


def run(
    checkpoint: Annotated[
        Path, typer.Argument(metavar="CHECKPOINT", help="Folder with config.json and *.safetensors.")
    ],
    out: options.Out,
    type_: options.Type = "Q4_K_M",
    adapter: options.Adapters = [],  # noqa: B006 - typer reads the default and nobody changes it
    importance: options.Importance = None,
    tensor: options.Tensors = [],  # noqa: B006 - likewise
    text: Annotated[Path | None, typer.Option(help="Held-out text to measure on; code is built in.")] = None,
    tokens: Annotated[int, typer.Option(min=64, help="How many tokens of it.")] = 4096,
    within: options.Within = None,
    accept: _Accept = False,
    keep_base: Annotated[bool, typer.Option("--keep-base", help="Keep the unquantized GGUF as OUT.base.gguf.")] = False,
    register: Annotated[str, typer.Option(metavar="NAME", help="Make it known to wizard-tui under this name.")] = "",
    push: Annotated[str, typer.Option(metavar="OWNER/NAME", help="Upload it to this repository of the hub.")] = "",
    evaluate: Annotated[str, typer.Option(metavar="BENCHMARK", help="Score before and after: humaneval, say.")] = "",
    limit: Annotated[int, typer.Option(min=0, help="Only the first so many of its problems; 0 is all.")] = 0,
    data: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where that benchmark's data lies.")] = None,
    pre_tokenizer: options.PreTokenizer = "",
    json: options.Json = False,
    progress: options.ProgressMode = "auto",
) -> None:
    """Merge, convert, quantize, verify and write a card; goes on where it was broken off."""
    from quantize.compression.compress import Choices
    from quantize.compression.quant_types import find_type
    from quantize.making.order import Order
    from quantize.making.push import push as upload
    from quantize.making.push import require_repository_name
    from quantize.making.run import run as make

    if push:
        require_repository_name(push)
    options.require_one_choice(within, tensor)
    order = Order(
        checkpoint=checkpoint,
        out=out,
        kind=find_type(type_),
        adapters=options.all_weighted(adapter),
        choices=Choices(overrides=options.tensor_types(tensor), importance=importance),
        text=text,
        tokens=tokens,
        pre_tokenizer=pre_tokenizer or None,
        accept=accept,
        keep_base=keep_base,
        evaluate=evaluate,
        limit=limit,
        data=data,
        within=within,
    )
    with options.progress(progress) as shown:
        made = make(order, shown)
    _tell(made, order.kind.name)
    if register:
        _register(made.out, register)
    if push:
        say(f"pushed: {upload(push, made.out, made.files)}")
    if json:
        options.print_json(_document(made, order.kind.name))


def _document(made: Made, kind: str) -> dict[str, object]:
    about = {"out": str(made.out), "type": kind, "good": not made.faults, "faults": list(made.faults)}
    scores = dict(zip(("pass_at_1_base", "pass_at_1"), made.pass_at_1 or (), strict=False))
    mixture = made.mixture
    kept = (
        {"kept_f16": list(mixture.kept), "kept_bytes": mixture.extra, "kl_plain": mixture.plain_kl} if mixture else {}
    )
    return about | {"architecture": made.architecture} | made.verdict.as_json() | scores | kept


def _tell(made: Made, kind: str) -> None:
    verdict = made.verdict
    say(f"{made.out}: {kind}, {human_bytes(verdict.bytes)}, {verdict.bits_per_weight:.2f} bits per weight")
    say(
        f"perplexity {verdict.perplexity_base:.3f} → {verdict.perplexity:.3f}, mean KL divergence {verdict.kl_mean:.5f}, "
        f"same most likely token {verdict.top1_agreement:.1%} of {verdict.tokens:,}"
    )
    if made.mixture:
        say(made.mixture.sentence(verdict.kl_mean))
    say(f"taken as it is: {' and '.join(made.faults)}" if made.faults else f"good for {kind}")
    say(f"papers: {', '.join(p.name for p in made.files)}")


def _register(model: Path, name: str) -> None:
    command = [sys.executable, "-m", "assistant.cli.main", "models", "add", str(model), "--name", name]
    done = subprocess.run(command, stdout=sys.stderr, check=False)
    if done.returncode:
        why = f"wizard-tui models add ended with {done.returncode}"
        raise QuantizeError(f"{model} is made, but not registered", why, f"wizard-tui models add {model} --name {name}")
