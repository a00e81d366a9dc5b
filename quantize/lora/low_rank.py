"""What an adapter does to the rows of one matrix: the arithmetic of LoRA, rsLoRA, DoRA and single trained rows.

Everything is computed on the rows at hand, in float32, so that a matrix can be merged in pieces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from quantize.errors import QuantizeError
from quantize.reading.safetensors_file import StoredTensor
from quantize.writing.floats import to_single

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class Update(Protocol):
    """A change of one matrix."""

    def check(self, name: str, tensors: Mapping[str, StoredTensor]) -> None:
        """Raise a QuantizeError when the matrix is not there or has another shape."""

    def apply(self, start: int, rows: Array) -> Array:
        """The rows from `start` on, changed."""


@dataclass(frozen=True)
class LowRank:
    """W + scale × B A; with a magnitude (DoRA) each output's weights are then brought to that length."""

    a: StoredTensor
    b: StoredTensor
    scale: float
    transposed: bool = False
    """The base stores the matrix columns first (GPT-2's Conv1D)."""
    embedding: bool = False
    magnitude: StoredTensor | None = None
    weight: float = 1.0

    @property
    def rank(self) -> int:
        """The rank of the update."""
        return self.a.shape[0]

    def check(self, name: str, tensors: Mapping[str, StoredTensor]) -> None:
        """See `Update`."""
        if name not in tensors:
            raise foreign(self.a.file, name)
        shape = (self.b.shape[0], self.a.shape[1])
        _check_shape(self.a.file, name, tensors[name], shape[::-1] if self.transposed or self.embedding else shape)

    def apply(self, start: int, rows: Array) -> Array:
        """See `Update`; matrices that are stored columns first must come whole."""
        import numpy as np

        stop, scale = start + len(rows), self.scale * self.weight
        a = _single(self.a)
        if self.transposed or self.embedding:
            merged = rows + (_single(self.b) @ a[:, start:stop]).T * scale
        else:
            merged = rows + (_single(self.b, start, stop) @ a) * scale
        if self.magnitude is None:
            return merged
        length = _single(self.magnitude).reshape(-1)
        if self.transposed:
            return merged * (length / np.linalg.norm(merged, axis=0))[None, :]
        return merged * (length[start:stop] / np.linalg.norm(merged, axis=1))[:, None]


@dataclass(frozen=True)
class RowsReplaced:
    """Rows that were trained by themselves: `values` take the places `indices`."""

    values: StoredTensor
    indices: tuple[int, ...]

    def check(self, name: str, tensors: Mapping[str, StoredTensor]) -> None:
        """See `Update`."""
        if name not in tensors:
            raise foreign(self.values.file, name)
        if max(self.indices, default=0) >= tensors[name].rows:
            why = f"it trains row {max(self.indices)} of {name}, which has {tensors[name].rows:,}"
            raise QuantizeError(f"cannot merge {self.values.file.parent}", why, "the base that it was trained on")

    def apply(self, start: int, rows: Array) -> Array:
        """See `Update`."""
        inside = [(k, i - start) for k, i in enumerate(self.indices) if start <= i < start + len(rows)]
        if not inside:
            return rows
        values, changed = _single(self.values), rows.copy()
        for k, i in inside:
            changed[i] = values[k]
        return changed


def foreign(file: Path, name: str) -> QuantizeError:
    """The error for an adapter of another model."""
    why = f"it changes {name}, which the checkpoint does not have"
    return QuantizeError(f"cannot merge {file.parent}", why, "the base that it was trained on")


def _check_shape(file: Path, name: str, tensor: StoredTensor, shape: tuple[int, ...]) -> None:
    if tensor.shape != shape:
        found, its = (" × ".join(map(str, s)) for s in (tensor.shape, shape))
        why = f"its update of {name} is {its} and the tensor is {found}"
        raise QuantizeError(f"cannot merge {file.parent}", why, "the base that it was trained on")


def _single(tensor: StoredTensor, start: int = 0, stop: int | None = None) -> Array:
    return to_single(tensor.read(start, stop), tensor.dtype)
