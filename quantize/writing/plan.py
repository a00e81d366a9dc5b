"""Which tensors a GGUF file will have, and where each comes from: the architecture's list against what is there.

Everything that can be wrong with a checkpoint's tensors, short of their values, is found here before a byte is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from quantize.architectures import ARCHITECTURES
from quantize.architectures.architecture import Architecture, Wanted
from quantize.errors import QuantizeError
from quantize.reading.checkpoint import Checkpoint
from quantize.reading.safetensors_file import FLOATS, StoredTensor
from quantize.writing.floats import WIDTH, Float

if TYPE_CHECKING:
    import numpy as np

OUTPUT = "lm_head.weight"
"""The output matrix, which tied models do not store."""


class Patch(Protocol):
    """Changes tensors while they stream: a merged adapter."""

    def replaced(self, tensors: dict[str, StoredTensor], embeddings: str) -> dict[str, StoredTensor]:
        """The tensors of the checkpoint, with those that the adapter brings whole in their places."""

    def touches(self, name: str) -> bool:
        """Whether rows of this tensor change."""

    def apply(self, name: str, start: int, rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """The rows from `start` on (float32) after merging."""


@dataclass(frozen=True)
class Planned:
    """One tensor of the file to be written, with where it comes from and its type."""

    wanted: Wanted
    stored: StoredTensor | None
    kind: Float
    shape: tuple[int, ...]
    values: tuple[float, ...] = ()

    @property
    def bytes(self) -> int:
        """Its size in the GGUF file."""
        return prod(self.shape) * WIDTH[self.kind]


def find_architecture(checkpoint: Checkpoint) -> Architecture:
    """The description of the checkpoint's architecture.

    Raises:
        QuantizeError: it is none of the table's.
    """
    name = checkpoint.config.model_type
    if name in ARCHITECTURES:
        return ARCHITECTURES[name]
    known = ", ".join(ARCHITECTURES)
    raise QuantizeError(
        f"cannot convert {checkpoint.folder}",
        f"its architecture {name or '(none named in config.json)'} is not known; known: {known}",
        "add a file to quantize/architectures and its row to the table there",
    )


def make_plan(checkpoint: Checkpoint, architecture: Architecture, kind: Float, patch: Patch | None) -> list[Planned]:
    """Every tensor of the output, after checking that the checkpoint holds exactly what its architecture needs.

    Raises:
        QuantizeError: a tensor is missing, unknown, of another shape or of a type that cannot be converted.
    """
    layout = list(architecture.layout(checkpoint.config))
    tensors = _with_prefix(checkpoint.tensors, layout[0].source)
    tied = checkpoint.config.flag("tie_word_embeddings", architecture.tied)
    if patch is not None:
        before = tensors.get(OUTPUT)
        tensors = patch.replaced(tensors, embeddings=layout[0].source)
        tied = tied and tensors.get(OUTPUT) is before
    plan = []
    for wanted in layout:
        if wanted.untied and tied:
            continue
        if wanted.source not in tensors:
            raise QuantizeError(
                f"cannot convert {checkpoint.folder}",
                f"the tensor {wanted.source} is missing",
                "download the checkpoint again; its config.json may belong to another model",
            )
        plan.append(_planned(checkpoint.folder, wanted, tensors[wanted.source], kind))
    for name, values in architecture.computed(checkpoint.config).items():
        plan.append(Planned(Wanted("", name, (len(values),)), None, "F32", (len(values),), tuple(values)))
    unknown = set(tensors) - {wanted.source for wanted in layout}
    unknown = {name for name in unknown if not name.endswith(architecture.ignored or ("\0",))}
    if unknown:
        why = f"{len(unknown)} of its tensors are not part of {architecture.model_type}, {min(unknown)} first"
        raise QuantizeError(f"cannot convert {checkpoint.folder}", why)
    return plan


def _with_prefix(tensors: Mapping[str, StoredTensor], first: str) -> dict[str, StoredTensor]:
    """Some checkpoints (the first GPT-2 ones) name tensors as the inner model does, without its own name in front."""
    prefix, _, rest = first.partition(".")
    if first in tensors or rest not in tensors:
        return dict(tensors)
    return {name if name == OUTPUT else f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def _planned(folder: Path, wanted: Wanted, stored: StoredTensor, kind: Float) -> Planned:
    if stored.dtype not in FLOATS:
        why = f"the tensor {wanted.source} is stored as {stored.dtype}; known: {', '.join(FLOATS)}"
        raise QuantizeError(f"cannot convert {folder}", why, "save the checkpoint unquantized, in bf16 say")
    if stored.shape != wanted.shape:
        found, right = (" × ".join(map(str, s)) for s in (stored.shape, wanted.shape))
        why = f"the tensor {wanted.source} is {found} and config.json makes it {right}"
        raise QuantizeError(f"cannot convert {folder}", why)
    shape = wanted.shape
    if wanted.rows is not None:
        shape = (wanted.rows[1] - wanted.rows[0], *shape[1:])
    if wanted.transposed:
        shape = shape[::-1]
    return Planned(wanted, stored, "F32" if wanted.single or len(shape) == 1 else kind, shape)


def natural_kind(checkpoint: Checkpoint, patch: Patch | None) -> Float:
    """16 bits that lose nothing where that can be: merged weights have more digits than bf16 holds, so they get f16."""
    kinds = {tensor.dtype for tensor in checkpoint.tensors.values() if len(tensor.shape) > 1}
    return "BF16" if kinds == {"BF16"} and patch is None else "F16"
