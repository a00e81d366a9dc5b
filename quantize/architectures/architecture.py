"""What every architecture is described by: its metadata, and each tensor by name and shape.

A description is an explicit list, not a guess from names: a tensor that is missing, has another shape, or is not on
the list is an error before anything is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from quantize.errors import QuantizeError
from quantize.metadata import Setting
from quantize.reading.checkpoint import Config

RowOrder = tuple[Literal["rope_pairs"], int]
"""How rows are re-ordered on the way: ("rope_pairs", heads) interleaves the two halves of each head."""


@dataclass(frozen=True)
class Wanted:
    """One tensor of the GGUF file and where it comes from.

    Args:
        source: its name in the checkpoint.
        name: its name in the GGUF file.
        shape: its shape in the checkpoint, rows first.
        untied: it is there only where input and output embeddings are two matrices.
        order: how its rows are re-ordered.
        rows: the rows taken of the source (start, stop), where it holds several tensors.
        transposed: the checkpoint stores it columns first (GPT-2's Conv1D).
        single: always stored as f32.
        scaled: (rows, factor): the first so many rows of what is written are multiplied.
    """

    source: str
    name: str
    shape: tuple[int, ...]
    untied: bool = False
    order: RowOrder | None = None
    rows: tuple[int, int] | None = None
    transposed: bool = False
    single: bool = False
    scaled: tuple[int, float] | None = None


@dataclass(frozen=True)
class Architecture:
    """A kind of model that can be converted.

    Args:
        model_type: transformers' name of it, in `config.json`.
        gguf_name: llama.cpp's name of it, which begins its metadata keys.
        examples: models of this kind, for people.
        settings: metadata without the prefix of the name; raises a QuantizeError for what llama.cpp cannot compute.
        layout: every tensor.
        tied: whether transformers ties the embeddings when `config.json` does not say.
        ignored: ends of tensor names that carry nothing.
        computed: tensors that are made from the configuration (name to values).
    """

    model_type: str
    gguf_name: str
    examples: str
    settings: Callable[[Config], dict[str, Setting]]
    layout: Callable[[Config], Iterator[Wanted]]
    tied: bool = False
    ignored: tuple[str, ...] = ()
    computed: Callable[[Config], dict[str, list[float]]] = lambda config: {}


def refuse(config: Config, why: str, hint: str = "") -> QuantizeError:
    """The error for a model that llama.cpp would compute wrongly."""
    return QuantizeError(f"cannot convert this {config.model_type} model", why, hint)


def biased(source: str, name: str, shape: tuple[int, int], *, order: RowOrder | None = None) -> Iterator[Wanted]:
    """A weight matrix and its bias, by the names before `.weight` and `.bias`."""
    yield Wanted(f"{source}.weight", f"{name}.weight", shape, order=order)
    yield Wanted(f"{source}.bias", f"{name}.bias", (shape[0],), order=order)


def layer_norm(source: str, name: str, width: int) -> Iterator[Wanted]:
    """Scale and shift of a LayerNorm."""
    yield Wanted(f"{source}.weight", f"{name}.weight", (width,))
    yield Wanted(f"{source}.bias", f"{name}.bias", (width,))


def output(config: Config, width: int) -> Iterator[Wanted]:
    """The output matrix where it is a tensor of its own; tied ones are read from the embeddings by llama.cpp."""
    yield Wanted("lm_head.weight", "output.weight", (config.integer("vocab_size"), width), untied=True)
